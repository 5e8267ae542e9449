// The fleet that the benches pretend to be: what each appliance sends, encoded as devices encode
// it. Every device has its own stream, both lanes number without holes, telemetry is a sample of
// six metrics every fifteen minutes, and one report in fifty is a fault that asks for its ack.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/report.hpp"
#include "proto/codec.hpp"

namespace aftercare::bench {

inline constexpr std::size_t kMetricsPerSample = 6;
inline constexpr std::size_t kFaultEvery = 50;  ///< one report in so many

struct FleetOptions {
    std::size_t first_device = 0;
    std::size_t device_count = 1'000;
    std::uint32_t records_per_report = 20;
    std::int64_t start_unix_ms = 0;  ///< of the first record
    bool every_report_asks = false;  ///< each report asks for its ack instead of faults alone
    std::uint64_t seed = 1;
};

struct SentReport {
    std::size_t device = 0;
    Lane lane = Lane::bulk;
    Seq last_seq = 0;
    bool ack_now = false;
    std::string payload;
};

std::string device_name(std::size_t device);
std::string up_topic(std::size_t device);
std::string down_topic(std::size_t device);
std::uint64_t stream_of(std::size_t device);

/// Reports in the order in which the fleet sends them: device after device, round after round.
class Fleet {
  public:
    explicit Fleet(FleetOptions options);
    SentReport next();
    [[nodiscard]] const FleetOptions& options() const { return options_; }

  private:
    struct Device {
        Seq bulk = 0;
        Seq urgent = 0;
        std::uint64_t uptime_ms = 60'000;
        std::uint64_t noise = 0;
    };
    void add_sample(Device& device, Report& report, std::size_t number);
    void add_fault(Device& device, Report& report, std::size_t number);

    FleetOptions options_;
    std::vector<Device> devices_;
    std::size_t sent_ = 0;
    proto::Codec codec_;
    Report report_;
};

}  // namespace aftercare::bench
