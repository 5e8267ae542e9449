// The judge of a run: remembers what every agent made, watches every commit, and at the end
// compares the database with it. Knows nothing of how the collector works, only what it promises:
//   - each record an agent made is stored exactly once, unchanged, or lies in a declared gap;
//   - records are applied in order, marks grow with them, nothing unstored is acknowledged;
//   - one open ticket per (tenant, device, failure mode);
//   - what is refused is counted.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/core/agent.hpp"
#include "common/telemetry.hpp"
#include "firmware_sim/world/collector_host.hpp"

namespace aftercare::sim {

/// One record as the database holds it.
struct StoredRecord {
    std::string_view device_id;
    std::uint64_t stream_id = 0;
    Lane lane{};
    Seq seq = 0;
    std::uint32_t hash = 0;
    bool agents_own = false;  ///< lifecycle that the agent makes itself
};
class Oracle final : public CommitObserver {
  public:
    using Device = std::uint32_t;  ///< index, in order of add_device

    Device add_device(const std::string& device_id);
    void made(Device device, std::uint64_t stream_id, const agent::Accepted& accepted,
              std::uint32_t hash);
    void uncertain(Device device, std::uint32_t hash);
    /// Everything made so far is on stable storage.
    void synced(Device device, std::uint64_t stream_id);
    void power_cut(Device device);
    void evicting(Device device);
    /// Broken messages that lay in a batch which was stored.
    void garbage_stored(std::uint64_t count) { garbage_ += count; }

    void on_committed(const collector::Commit& commit) override;

    /// The final comparison: first all stored records, then `finish`.
    void stored(const StoredRecord& record);
    /// `next_seq` of each device's present stream, as its agent says.
    void ends_at(Device device, std::uint64_t stream_id,
                 const std::array<Seq, kLaneCount>& next_seq);
    void finish();

    struct Verdict {
        std::uint64_t records = 0;     ///< stored
        std::uint64_t lost = 0;        ///< made for good, neither stored nor declared
        std::uint64_t duplicates = 0;  ///< stored more than once
        std::uint64_t declared_lost = 0;
        std::uint64_t unsynced_lost = 0;  ///< gone with the power before they were durable
        std::uint64_t violation_count = 0;
        std::vector<std::string> violations;  ///< the first few
    };
    [[nodiscard]] const Verdict& verdict() const { return verdict_; }
    [[nodiscard]] const std::map<std::string, collector::Ticket>& tickets() const {
        return tickets_;
    }
    void violation(std::string text);

  private:
    enum class Life : std::uint8_t {
        untold,    ///< made by the agent itself, or not at all
        held,      ///< made, not yet known to be on stable storage
        durable,   ///< must reach the database
        doubtful,  ///< power failed before it was durable: may have gone, or not
    };
    struct LaneBook {
        std::vector<std::uint32_t> made;   ///< hash by seq − 1; 0 = untold
        std::vector<Life> life;            ///< by seq − 1
        std::vector<std::uint8_t> stored;  ///< how often, by seq − 1 (final comparison)
        std::vector<bool> in_gap;
        std::size_t settled = 0;  ///< nothing before this index is `held`
        Seq committed_through = 0;
        Seq next_seq = 0;  ///< 0 = unknown
    };
    struct StreamBook {
        std::uint64_t stream_id = 0;
        std::array<LaneBook, kLaneCount> lanes;
    };
    struct DeviceBook {
        std::string device_id;
        std::vector<StreamBook> streams;
        std::vector<std::uint32_t> uncertain;
        bool power_failed = false;
        bool evicted = false;
    };
    struct Span {
        Seq first, last;
    };
    using SpanKey = std::tuple<collector::DeviceNo, std::uint64_t, std::size_t>;

    static void settle(LaneBook& lane, Life life);
    static StreamBook& stream(DeviceBook& device, std::uint64_t stream_id);
    DeviceBook* by_no(collector::DeviceNo no);
    DeviceBook* by_id(std::string_view device_id);
    void learn_numbers(const collector::Commit& commit);
    void learn_gaps(const collector::Commit& commit);
    void check_order(const collector::Commit& commit);
    void check_marks(const collector::Commit& commit);
    void check_acks(const collector::Commit& commit);
    void check_tickets(const collector::Commit& commit);
    void finish_lane(const DeviceBook& device, const StreamBook& stream, Lane lane);

    std::vector<DeviceBook> devices_;
    std::unordered_map<std::string, Device> index_;
    std::unordered_map<collector::DeviceNo, Device> by_no_;
    std::map<std::string, collector::Ticket> tickets_;
    std::map<std::tuple<std::string, collector::DeviceNo, std::string>, std::string> open_;
    std::uint64_t garbage_ = 0;
    std::uint64_t refused_ = 0;
    Verdict verdict_;
};

}  // namespace aftercare::sim
