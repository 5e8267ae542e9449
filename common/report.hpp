// A decoded report and the reasons why one is refused: what decoder, collector and simulator share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/telemetry.hpp"

namespace aftercare {

struct Report {
    ReportHeader header;
    std::vector<Record> records;  ///< seq filled in from first_seq and gap_before
};

/// Why a message goes to quarantine. The name is the metric label and never changes.
enum class RefusalReason : std::uint8_t {
    bad_topic,  ///< not ours, bad id, unknown leg
    wrong_bucket,
    unknown_tenant,
    unknown_device,
    too_large,
    bad_protobuf,
    bad_schema_version,
    device_mismatch,  ///< topic and payload name different devices
    bad_lane,
    bad_seq,  ///< zero, overflowing, oldest beyond first
    too_many_records,
    bad_time,
    bad_value,          ///< NaN, infinity, lists of unequal length
    identity_conflict,  ///< two senders claim one device
    bad_outcome,        ///< of a service centre's desk: no JSON, or the engine refuses it
};
inline constexpr std::size_t kRefusalReasonCount = 15;
std::string_view to_string(RefusalReason reason);

struct Refusal {
    RefusalReason reason;
    std::string detail;  ///< what, where, and what was expected
};

}  // namespace aftercare
