// A rule pack as values: what collector/io/toml reads from TOML and `rules fit` will write.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::uint32_t kFaultCountMax = 32;
inline constexpr std::size_t kLeavesPerRuleMax = 16;  ///< simple predicates under one rule

enum class PredicateKind : std::uint8_t { fault_count, threshold, drift, all, any };
enum class Side : std::uint8_t { above, below, either };
enum class Statistic : std::uint8_t { mean, min, max, last };
/// Words of packs and evidence, in the order of the enumerators.
inline constexpr std::array<std::string_view, 3> kSideWords{"above", "below", "either"};
inline constexpr std::array<std::string_view, 4> kStatisticWords{"mean", "min", "max", "last"};

/// One node of the condition tree; which members count depends on the kind.
struct Predicate {
    PredicateKind kind = PredicateKind::fault_count;
    std::vector<std::string> faults;  ///< fault_count: any of these codes
    std::uint32_t count = 1;          ///< fault_count: at least this many …
    milliseconds window{};  ///< … within this window; drift: window whose mean is judged
    milliseconds hold{};    ///< stays true this long after the last sample that made it true
    std::string metric;     ///< threshold, drift
    Side side = Side::above;
    Statistic statistic = Statistic::mean;  ///< threshold
    double limit = 0;        ///< threshold: in the metric's unit; drift: in own standard deviations
    double clear_limit = 0;  ///< threshold, drift: hysteresis, where it becomes false again
    milliseconds duration{};         ///< threshold: true after this long beyond the limit
    milliseconds baseline{};         ///< drift: length of the baseline before the window
    std::uint32_t samples_min = 12;  ///< drift: readings needed in window and baseline
    double deviation_min = 0;   ///< drift: floor of the standard deviation, in the metric's unit
    milliseconds counts_for{};  ///< drift: evidence so long from its beginning on; 0 = all along
    double prior_mean = 0;  ///< drift: what the model is like while the own baseline is young …
    double prior_deviation = 0;
    std::uint32_t prior_readings = 0;  ///< … worth this many own readings; 0 = no prior
    std::vector<Predicate> children;   ///< all, any
};

enum class RuleAction : std::uint8_t { ticket, notice, self_test };
enum class RuleMode : std::uint8_t { live, shadow, shelved };
inline constexpr std::array<std::string_view, 3> kActionWords{"ticket", "notice", "self_test"};
inline constexpr std::array<std::string_view, 3> kModeWords{"live", "shadow", "shelved"};

struct Rule {
    std::string id;
    std::uint32_t version = 1;
    std::vector<std::string> models;  ///< empty: every model
    std::string component;
    std::string failure_mode;
    std::string title;
    milliseconds horizon{};
    Severity severity = Severity::minor;
    RuleAction action = RuleAction::ticket;
    RuleMode mode = RuleMode::live;
    double probability = 0.5;  ///< prior, from fit or the maker's judgement
    Predicate when;
};

struct RulePack {
    std::string id;
    std::uint32_t version = 1;
    std::vector<Rule> rules;
};

}  // namespace aftercare::collector
