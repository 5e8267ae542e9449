#include "collector/core/model/rule_record.hpp"

#include "collector/core/model/text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 6> kTrialStates{
    "running", "confirmed", "no_fault_found", "other_fault", "no_failure", "censored"};

}  // namespace

std::string_view to_string(RuleMode mode) {
    return name_in(kModeWords, mode);
}
std::optional<RuleMode> parse_rule_mode(std::string_view text) {
    return member_in<RuleMode>(kModeWords, text);
}
std::string_view to_string(TrialState state) {
    return name_in(kTrialStates, state);
}
std::optional<TrialState> parse_trial_state(std::string_view text) {
    return member_in<TrialState>(kTrialStates, text);
}

std::optional<bool> right(TrialState state) {
    switch (state) {
        case TrialState::running:
        case TrialState::censored:
            return std::nullopt;
        case TrialState::confirmed:
            return true;
        case TrialState::no_fault_found:
        case TrialState::other_fault:
        case TrialState::no_failure:
            return false;
    }
    return std::nullopt;
}

std::optional<bool> right(Decision decision) {
    if (decision == Decision::undecided) return std::nullopt;
    return decision == Decision::confirmed;
}

}  // namespace aftercare::collector
