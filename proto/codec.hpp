// The only door to generated protobuf code. Host side: decodes reports for the collector, encodes
// downlinks, and encodes reports for tests that hold the device's own encoder against it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/downlink.hpp"
#include "common/report.hpp"
#include "common/result.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::proto {

/// Reuses its message object between calls (measured twice as fast as a fresh one). One per thread.
class Codec {
  public:
    Codec();
    ~Codec();
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;

    /// Decodes into `report`, whose storage is reused.  Unknown fields and record kinds are ignored
    /// (an unknown kind stays as UnknownRecord so that the sequence has no hole).
    /// Errors: the refusal, ready for quarantine.
    Result<void, Refusal> decode_report(std::span<const std::byte> bytes, Report& report);
    std::string encode_report(const Report& report);
    /// The report in `bytes`, which was decoded into `decoded`, with only those records whose
    /// `keep` is set: same seqs, fields of later versions included.
    /// Pre: at least one is kept, and seqs of kept neighbours are at most 2^32 apart.
    std::string keep_records(std::span<const std::byte> bytes, const Report& decoded,
                             const std::vector<bool>& keep);

    std::string encode_downlink(const Downlink& downlink);
    /// A Config's telemetry lives until the next call.
    /// Errors: invalid.
    Result<Downlink> decode_downlink(std::span<const std::byte> bytes);

    /// What Config::telemetry carries.
    static std::string encode_telemetry_settings(const TelemetrySettings& settings);

    std::string encode_presence(const Presence& presence);
    /// Errors: invalid.
    Result<Presence> decode_presence(std::span<const std::byte> bytes);

  private:
    struct Messages;
    std::unique_ptr<Messages> messages_;
};

}  // namespace aftercare::proto
