// MQTT topic names: aftercare/v1/{tenant}/{bucket}/{device}/up|down|presence (docs/wire-format.md)
// and aftercare-desk/v1/{tenant}/{centre}/tickets|outcomes|receipts (docs/desk-topics.md).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/fixed_text.hpp"
#include "common/result.hpp"

namespace aftercare {

inline constexpr std::size_t kIdBytesMax = 64;
inline constexpr unsigned kBucketCount = 64;

using IdText = FixedText<kIdBytesMax>;
using TopicText = FixedText<160>;

/// [A-Za-z0-9_-]{1,64}
bool valid_id(std::string_view id);

/// CRC-32C(device id) mod 64, for ever. bucket_of("wm-0001") is pinned by test vectors.
unsigned bucket_of(std::string_view device_id);

enum class Leg : std::uint8_t { up, down, presence };

struct Topic {
    IdText tenant;
    IdText device;
    Leg leg = Leg::up;
};

/// Pre: both ids valid.
TopicText format_topic(std::string_view tenant, std::string_view device, Leg leg);

enum class DeskLeg : std::uint8_t { tickets, outcomes, receipts };

struct DeskTopic {
    IdText tenant;
    IdText centre;
    DeskLeg leg = DeskLeg::tickets;
};

/// Pre: both ids valid.
TopicText format_desk_topic(std::string_view tenant, std::string_view centre, DeskLeg leg);
/// Begins as a desk topic does, whatever follows.
bool is_desk_topic(std::string_view topic);

/// The tenant that a device's or a desk's topic names, whatever else is wrong with it; empty =
/// none.
std::string_view tenant_of_topic(std::string_view topic);

/// Why a topic is refused; each is a quarantine reason of its own.
enum class TopicFault : std::uint8_t { not_ours, bad_id, wrong_bucket, unknown_leg };

/// Errors: the fault. A bucket that does not belong to the device is refused.
Result<Topic, TopicFault> parse_topic(std::string_view topic);
/// Errors: not_ours, bad_id, unknown_leg.
Result<DeskTopic, TopicFault> parse_desk_topic(std::string_view topic);

}  // namespace aftercare
