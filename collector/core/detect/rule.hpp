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
inline constexpr std::size_t kLeavesPerRuleMax = 16;         ///< simple predicates under one rule
inline constexpr milliseconds kSilenceMin{2LL * 3'600'000};  ///< shortest duration of a `silence`

/// New ones come last: their numbers are part of the hash under which state is kept.
enum class PredicateKind : std::uint8_t {
    fault_count,
    threshold,
    drift,
    all,
    any,
    fault_sequence,
    cusum,
    cohort,
    life,
    silence,
    none_of,  ///< `not`
};
enum class Side : std::uint8_t { above, below, either };
enum class Statistic : std::uint8_t { mean, min, max, last };
/// Words of packs and evidence, in the order of the enumerators.
inline constexpr std::array<std::string_view, 3> kSideWords{"above", "below", "either"};
inline constexpr std::array<std::string_view, 4> kStatisticWords{"mean", "min", "max", "last"};

/// Percentiles that a cohort's reference gives.
inline constexpr std::array<double, 7> kCohortPercents{1, 5, 25, 50, 75, 95, 99};

/// What the devices of one model and firmware are like, as the pack carries it.
struct CohortReference {
    std::string model;
    std::string firmware;  ///< empty: those of the model whose firmware has no reference
    std::array<double, kCohortPercents.size()> quantiles{};  ///< of the windows' means, ascending

    bool operator==(const CohortReference&) const = default;
};

/// One node of the condition tree; which members count depends on the kind.
struct Predicate {
    PredicateKind kind = PredicateKind::fault_count;
    std::vector<std::string> faults;  ///< fault_count: any of these codes
    std::uint32_t count = 1;          ///< fault_count: at least this many …
    milliseconds window{};  ///< … within this window; drift: window whose mean is judged
    milliseconds hold{};    ///< stays true this long after the last sample that made it true
    std::string metric;     ///< threshold, drift, cusum, cohort; life: the counter
    Side side = Side::above;
    Statistic statistic = Statistic::mean;  ///< threshold
    /// threshold: in the metric's unit; drift, cusum: in standard deviations; cohort: percent of
    /// the devices that it lies beyond
    double limit = 0;
    double clear_limit = 0;   ///< hysteresis: where it becomes false again
    milliseconds duration{};  ///< threshold: true after this long beyond; silence: of this long
    milliseconds baseline{};  ///< drift: length of the baseline before the window
    std::uint32_t samples_min = 12;  ///< drift, cohort: readings needed in window (and baseline)
    double deviation_min =
        0;  ///< drift, cusum: floor of the standard deviation, in the metric's unit
    milliseconds counts_for{};  ///< drift: evidence so long from its beginning on; 0 = all along
    double prior_mean =
        0;  ///< drift, cusum: what the model is like while the own baseline is young …
    double prior_deviation = 0;
    std::uint32_t prior_readings = 0;   ///< … worth this many own readings; 0 = no prior
    std::vector<std::string> then;      ///< fault_sequence: one of `faults`, then one of these
    double slack = 0;                   ///< cusum: what each reading may deviate for nothing
    std::uint32_t target_readings = 0;  ///< cusum: own readings that the target is learned from
    std::vector<CohortReference> references;  ///< cohort
    double shape = 0;                 ///< life: Weibull; `metric` names the counter, empty = age
    double scale = 0;                 ///< life: milliseconds, or counts
    double ahead = 0;                 ///< life: failure within this many milliseconds or counts …
    double probability = 0;           ///< … is at least this likely
    std::vector<Predicate> children;  ///< all, any; none_of: one

    bool operator==(const Predicate&) const = default;
};

/// Does the tree hold a predicate of this kind?
inline bool mentions(const Predicate& node, PredicateKind kind) {
    if (node.kind == kind) return true;
    for (const Predicate& child : node.children) {
        if (mentions(child, kind)) return true;
    }
    return false;
}

enum class RuleAction : std::uint8_t { ticket, notice, self_test };
enum class RuleMode : std::uint8_t { live, shadow, shelved };
inline constexpr std::array<std::string_view, 3> kActionWords{"ticket", "notice", "self_test"};
inline constexpr std::array<std::string_view, 3> kModeWords{"live", "shadow", "shelved"};

/// Three visits for nothing out of four are more than a service centre bears; and twenty decisions
/// are the fewest that tell such a rule from one that is right half of the time.
inline constexpr double kPrecisionFloorDefault = 0.25;
inline constexpr std::uint32_t kDecidedMinDefault = 20;

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
    double precision_floor =
        kPrecisionFloorDefault;  ///< a live rule below it shelves itself; 0 = never …
    std::uint32_t decided_min = kDecidedMinDefault;  ///< … once so many predictions are decided
    Predicate when;

    bool operator==(const Rule&) const = default;
};

/// "id@version": what a ticket or a trial says it comes from.
inline std::string rule_name(const std::string& id, std::uint32_t version) {
    return id + "@" + std::to_string(version);
}
inline std::string rule_name(const Rule& rule) {
    return rule_name(rule.id, rule.version);
}

/// "id" of "id@version".
inline std::string_view id_in_name(std::string_view name) {
    return name.substr(0, name.rfind('@'));
}

struct RulePack {
    std::string id;
    std::uint32_t version = 1;
    std::vector<Rule> rules;
};

}  // namespace aftercare::collector
