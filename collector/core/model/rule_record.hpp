// What is kept about a rule beside its pack: the mode that somebody set, and its trials, which are
// the predictions of a rule that opens no tickets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/core/detect/rule.hpp"
#include "collector/core/model/ticket.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// A mode set by a person or by the engine itself: one row of a rule's history, the last one of
/// which overrides the pack's `mode` for as long as the pack holds that version of the rule.
struct RuleStanding {
    std::string rule_id;
    std::uint32_t version = 1;
    std::uint32_t no = 0;  ///< 1, 2, 3 … per rule id
    RuleMode mode = RuleMode::live;
    WallTime at{};
    std::string who;  ///< "engine", "api:<token name>", "cli"
    std::string why;
    std::uint64_t right_count = 0;  ///< decided up to then, all models …
    std::uint64_t wrong_count = 0;  ///< … a live rule is judged by what came after
};
std::optional<RuleMode> parse_rule_mode(std::string_view text);
std::string_view to_string(RuleMode mode);

enum class TrialState : std::uint8_t {
    running,
    confirmed,       ///< an outcome found the predicted part faulty within the horizon
    no_fault_found,  ///< somebody looked at it and found nothing
    other_fault,     ///< somebody looked at it and something else was wrong
    no_failure,      ///< the horizon passed and the device was heard to its end
    censored,        ///< nobody can know: a planned replacement, or the device fell silent
};
std::string_view to_string(TrialState state);
std::optional<TrialState> parse_trial_state(std::string_view text);

/// A prediction of a shadow or shelved rule: scored like a ticket, seen by nobody.
struct Trial {
    std::string id;  ///< deterministic: hash of tenant, device, rule, start of the episode
    std::string tenant;
    DeviceNo device_no = 0;
    std::string device_id;
    std::string model;
    std::string firmware;  ///< when opened
    std::string component;
    std::string failure_mode;
    std::string rule;  ///< "id@version"
    double probability = 0;
    double horizon_h = 0;
    WallTime at{};         ///< event time of the detection; the horizon counts from here
    WallTime opened_at{};  ///< when the collector learned of it
    std::optional<WallTime> ended_at;
    TrialState state = TrialState::running;
    bool attached = false;   ///< of a device attached to a problem: time censors it
    std::string outcome_id;  ///< that decided it; empty when time did
};

/// Was the prediction right? Nothing while undecided.
std::optional<bool> right(TrialState state);
std::optional<bool> right(Decision decision);

}  // namespace aftercare::collector
