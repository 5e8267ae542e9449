// JSON bodies to commands, strictly: an unknown member, a wrong type or a wrong value is refused
// with the member's name and what is allowed. Nothing is guessed and nothing is dropped.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "collector/io/text/json.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kJsonBytesMax = 1024 * 1024;
inline constexpr std::size_t kBatchItemsMax = 10'000;

/// Errors: invalid, with line and column; exhausted beyond kJsonBytesMax.
Result<Json> parse_json(std::string_view text);

/// `device_id` and `model` are required. What telemetry knows better (`no`, `first_seen_at`,
/// `last_seen_at`, `consent_purposes`, `consent_epoch`, `settings`) may be present, as when a
/// device is read, changed and sent back, and is left out.  `tenant` is taken when present, else
/// `default_tenant`.
Result<DeviceInfo> parse_device(const Json& json, std::string_view default_tenant);
/// One object or an array of them.  Errors: as above, with the index of the item.
Result<std::vector<DeviceInfo>> parse_devices(const Json& json, std::string_view default_tenant);

/// Required: `id`, `code`, and `ticket_id` or `device_id`.  `at` defaults to `now`.
Result<Outcome> parse_outcome(const Json& json, std::string_view default_tenant, WallTime now);

using ContactCommand = std::variant<InboundContact, OutboundContact>;
/// `direction` picks the form.  Inbound needs `contact_id` and `device_id`; outbound `contact_id`,
/// `ticket_id` and `result`.  `at` defaults to `now`, `channel` to phone.
Result<ContactCommand> parse_contact(const Json& json, std::string_view default_tenant,
                                     WallTime now);

/// {"ticket_id": id, or null for none}; `who` is the caller's to fill in.
Result<AssignOutcome> parse_assignment(const Json& json, std::string_view tenant,
                                       std::string_view outcome_id);
/// What is done about a problem: {"reason": text}, and {"code": outcome code} when it is resolved.
/// `who` and `expected_version` are the caller's to fill in.
Result<ChangeProblem> parse_decision(const Json& json, std::string_view problem_id,
                                     ProblemState to);
/// {"mode": "live" or "shadow" or "shelved", "reason": text}; `who` is the caller's to fill in.
Result<ChangeRule> parse_standing(const Json& json, std::string_view rule_id);

}  // namespace aftercare::collector
