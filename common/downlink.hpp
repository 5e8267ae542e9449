// What the collector tells an appliance, as plain bounded structs shared by both sides. No heap.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>

#include "common/fixed_text.hpp"
#include "common/telemetry.hpp"

namespace aftercare {

/// Everything up to and including `through` of each lane is stored for good; 0 = nothing yet.
struct Ack {
    std::uint64_t stream_id = 0;
    std::array<Seq, kLaneCount> through{};
};

/// Remote settings; 0 leaves a value as it is.
struct Config {
    std::uint32_t version = 0;
    std::uint32_t reading_window_s = 0;
    std::uint32_t flush_delay_s = 0;
    std::uint32_t records_per_report = 0;
    /// TelemetrySettings as encoded; empty = what was set before holds.  Lifetime: that of the
    /// catalogue (collector) or of the payload (device).
    std::span<const std::byte> telemetry;
};

/// Shown or spoken by the appliance: key and language pick the text, `article` the self-help page.
struct Notice {
    std::uint64_t notice_id = 0;
    FixedText<48> message_key;
    FixedText<16> language;
    FixedText<48> article;
    std::int64_t expires_unix_ms = 0;
};

struct SelfTestRequest {
    std::uint64_t request_id = 0;
    std::uint32_t test_id = 0;
};

struct ConsentQuery {
    std::uint64_t request_id = 0;
};

/// A kind this version does not know: ignored.
struct UnknownDown {};

using Downlink = std::variant<UnknownDown, Ack, Config, Notice, SelfTestRequest, ConsentQuery>;

inline constexpr std::size_t kDownlinkBytesMax = 1024;

}  // namespace aftercare
