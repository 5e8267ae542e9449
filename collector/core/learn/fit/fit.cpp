#include "collector/core/learn/fit/fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/crc32c.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr double kPriceOfHorizon = 0.05;  // F1 that a longer horizon must bring

std::size_t failure_count(const Fleet& fleet, std::uint32_t component) {
    std::size_t count = 0;
    for (const FleetDevice& device : fleet.devices) {
        count += static_cast<std::size_t>(
            std::count_if(device.repairs.begin(), device.repairs.end(), [&](const auto& repair) {
                return repair.component == component && repair.end == LifeEnd::failed &&
                       repair.at >= device.begin;
            }));
    }
    return count;
}

/// One node per metric: both sides of it are "either".
std::vector<Predicate> drifts_of(const Fleet& fleet, const DriftFilter& filter) {
    std::vector<Predicate> drifts;
    for (const DriftName& name : filter.any_of) {
        const auto twin = std::find_if(drifts.begin(), drifts.end(), [&](const Predicate& node) {
            return node.metric == fleet.metrics[name.metric];
        });
        if (twin != drifts.end()) {
            twin->side = Side::either;
            continue;
        }
        drifts.push_back(drift_predicate(fleet, scale_of(fleet, name.metric), name, filter.shape));
    }
    return drifts;
}

void shorten_holds(Predicate& node, milliseconds hold) {
    if (node.kind == PredicateKind::fault_count) node.hold = std::min(node.hold, hold);
    for (Predicate& child : node.children) shorten_holds(child, hold);
}

Predicate condition_of(const Fleet& fleet, const Trigger& trigger, milliseconds hold,
                       std::vector<Predicate> drifts) {
    if (trigger.codes.empty()) return std::move(drifts.front());
    Predicate when = predicate_of(fleet, trigger);
    if (drifts.empty()) return when;
    // The codes of a pair keep their window: it says how far apart they may come.
    if (trigger.kind != Trigger::Kind::pair) shorten_holds(when, hold);
    Predicate joined;
    joined.kind = PredicateKind::all;
    if (when.kind == PredicateKind::all) {
        joined.children = std::move(when.children);
    } else {
        joined.children.push_back(std::move(when));
    }
    if (drifts.size() == 1) {
        joined.children.push_back(std::move(drifts.front()));
        return joined;
    }
    Predicate any;
    any.kind = PredicateKind::any;
    any.children = std::move(drifts);
    joined.children.push_back(std::move(any));
    return joined;
}

std::string moved(const Predicate& node) {
    if (node.kind == PredicateKind::threshold) {
        char limit[32];
        std::snprintf(limit, sizeof limit, "%g", node.limit);
        return node.metric + (node.side == Side::below ? " below " : " above ") + limit;
    }
    return node.metric + (node.side == Side::above   ? " has risen"
                          : node.side == Side::below ? " has fallen"
                                                     : " has moved");
}

/// What the rule is called, and what it says in words.
void name_rule(const Fleet& fleet, const Trigger& trigger, const std::vector<Predicate>& drifts,
               Rule& rule) {
    std::vector<std::string> codes, moves;
    for (const std::uint32_t code : trigger.codes) codes.push_back(fleet.codes[code]);
    const bool pair = trigger.kind == Trigger::Kind::pair;
    rule.id = rule.component;
    for (const std::string& code : codes) rule.id += "_" + code;
    for (const Predicate& node : drifts) {
        rule.id += "_" + node.metric;
        moves.push_back(moved(node));
    }
    rule.id = rule_id_of(rule.id);
    rule.title = rule.component + ": " + joined(codes, pair ? " with " : " or ");
    if (!moves.empty()) rule.title += (codes.empty() ? "" : " while ") + joined(moves, " or ");
}

/// Precision and recall as counted, and the mode that follows from them.
void expect(const TrialTally& tally, const FitOptions& options, FittedRule& fitted) {
    const Quality quality = quality_of(tally);
    fitted.precision = quality.precision;
    fitted.recall = quality.recall;
    fitted.rule.probability = std::round(fitted.precision.mean * 100) / 100;
    fitted.rule.mode =
        fitted.precision.low < options.precision_floor ? RuleMode::shadow : RuleMode::live;
}

const std::string& failure_mode_of(const std::string& component, const FitOptions& options) {
    const auto known = options.failure_modes.find(component);
    return known == options.failure_modes.end() ? component : known->second;
}

/// `drifts`: those of the filter, or what a trigger without codes consists of.
FittedRule rule_of(const Fleet& fleet, TriggerOf trigger, DriftFilter filter,
                   const FitOptions& options, std::vector<Predicate> drifts) {
    FittedRule fitted{.trigger = std::move(trigger), .filter = std::move(filter)};
    const TrialTally& tally = fitted.trigger.trigger.tally;
    const Quality bare = quality_of(tally);
    fitted.precision = bare.precision;
    fitted.recall = bare.recall;
    if (!fitted.filter.any_of.empty()) {
        // What the filter is expected to leave of the tickets that were seen.
        const double right = tally.right * fitted.filter.recall / bare.recall.mean;
        const double wrong = right * (1 - fitted.filter.precision) / fitted.filter.precision;
        fitted.precision = share_of(right, wrong);
        const double found = tally.found * fitted.filter.recall / bare.recall.mean;
        fitted.recall = share_of(found, tally.failures() - found);
    }
    Rule& rule = fitted.rule;
    rule.component = fleet.components[fitted.trigger.component];
    rule.failure_mode = failure_mode_of(rule.component, options);
    rule.models = options.models;
    rule.horizon = fitted.trigger.trigger.horizon;
    rule.severity = Severity::major;
    rule.probability = std::round(fitted.precision.mean * 100) / 100;
    name_rule(fleet, fitted.trigger.trigger, drifts, rule);
    fitted.failures = failure_count(fleet, fitted.trigger.component);
    rule.when =
        condition_of(fleet, fitted.trigger.trigger, fitted.filter.shape.hold, std::move(drifts));
    if (fitted.precision.low < options.precision_floor) rule.mode = RuleMode::shadow;
    return fitted;
}

/// With its filter a rule may see failures further ahead than its codes alone, for which a short
/// horizon looked better: the longer one is taken where it gains more than its price.
void lengthen(const Fleet& fleet, const Episodes& rule, const FitOptions& options,
              FittedRule& fitted) {
    const std::uint32_t component = fitted.trigger.component;
    const milliseconds shortest = fitted.rule.horizon;
    double best = f1_beyond_chance(tally(fleet, rule, component, shortest)) + kPriceOfHorizon;
    for (const milliseconds horizon : options.horizons) {
        if (horizon <= shortest) continue;
        const double gained = f1_beyond_chance(tally(fleet, rule, component, horizon));
        if (gained <= best) continue;
        best = gained;
        fitted.rule.horizon = horizon;
    }
    if (fitted.rule.horizon > shortest) {
        expect(tally(fleet, rule, component, fitted.rule.horizon), options, fitted);
    }
}

/// A rule of a drift or a level by itself.
FittedRule reading_rule(const Fleet& fleet, std::uint32_t component, const ReadingAlone& alone,
                        const FitOptions& options) {
    TriggerOf trigger{component, {.horizon = alone.horizon, .tally = alone.tally}};
    trigger.trigger.horizon = horizon_for(alone.tally, options.horizons);
    return rule_of(fleet, std::move(trigger), {}, options, {alone.when});
}

/// `fitted`, or the drift or level.
void widen(const ReadingAlone& alone, const FitOptions& options, FittedRule& fitted) {
    fitted.trigger.trigger.tally = alone.tally;
    fitted.beside = alone.when;
    expect(alone.tally, options, fitted);
    Predicate either;
    either.kind = PredicateKind::any;
    either.children = {std::move(fitted.rule.when), *fitted.beside};
    fitted.rule.when = std::move(either);
    fitted.rule.id = rule_id_of(fitted.rule.id + "_or_" + fitted.beside->metric);
    fitted.rule.title += ", or " + moved(*fitted.beside);
}

/// Horizons as whole rules want them; drifts and levels by themselves where no code announces a
/// component, and where a rule misses what they show.
void complete_rules(const Fleet& fleet, std::vector<Uncovered> components,
                    const FitOptions& options, Fit& fit) {
    const std::size_t silent = components.size();
    for (FittedRule& fitted : fit.rules) {
        Uncovered known{.component = fitted.trigger.component,
                        .rule = rule_episodes(fleet, fitted.trigger, fitted.filter)};
        lengthen(fleet, known.rule, options, fitted);
        known.horizon = fitted.rule.horizon;
        known.evidence_of_rule = evidence(tally(fleet, known.rule, known.component, known.horizon));
        components.push_back(std::move(known));
    }
    const auto found = find_readings_alone(fleet, components, options.horizons);
    for (std::size_t i = silent; i < components.size(); ++i) {
        if (found[i]) widen(*found[i], options, fit.rules[i - silent]);
    }
    for (std::size_t i = 0; i < silent; ++i) {
        const std::uint32_t component = components[i].component;
        if (found[i]) {
            fit.rules.push_back(reading_rule(fleet, component, *found[i], options));
            continue;
        }
        const std::size_t failures = failure_count(fleet, component);
        fit.left_out.push_back({fleet.components[component],
                                (failures < kFailuresEnough ? "too little to learn from: " : "") +
                                    std::string("no fault code and no drift comes before its ") +
                                    std::to_string(failures) +
                                    " failures more often than chance would have it, nor a level"});
    }
}

/// Those of which four pass in the time that the longest watched device was: of a ticket with a
/// longer one, only that it came true could be seen, never that it did not.
FitOptions with_decidable_horizons(const Fleet& fleet, FitOptions options) {
    milliseconds watched{};
    for (const FleetDevice& device : fleet.devices) {
        watched = std::max(watched, milliseconds{device.end - device.begin});
    }
    auto& horizons = options.horizons;
    while (horizons.size() > 1 && horizons.back() * 4 > watched) horizons.pop_back();
    return options;
}

}  // namespace

std::string rule_id_of(const std::string& name) {
    constexpr std::size_t kBytesMax = 64;
    std::string id = name;
    for (char& c : id) {
        const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        if (!allowed) c = '_';
    }
    if (id == name && id.size() <= kBytesMax) return id;
    char hash[10];
    std::snprintf(hash, sizeof hash, "_%08x", crc32c(name.data(), name.size()));
    return id.substr(0, kBytesMax - 9) + hash;
}

Fit fit_rules(const Fleet& fleet, const FitOptions& asked) {
    const FitOptions options = with_decidable_horizons(fleet, asked);
    Fit fit;
    fit.pack.id = options.pack_id;
    std::vector<TriggerOf> triggers;
    std::vector<Uncovered> silent;  // no code announces them
    for (std::uint32_t c = 0; c < fleet.components.size(); ++c) {
        const std::size_t failures = failure_count(fleet, c);
        if (failures == 0) {
            fit.left_out.push_back({fleet.components[c], "it never failed under telemetry"});
            continue;
        }
        if (options.catalogued && !options.failure_modes.contains(fleet.components[c])) {
            fit.left_out.push_back(
                {fleet.components[c], "the catalogue has no failure mode of this component"});
            continue;
        }
        auto found = find_triggers(fleet, c, options.horizons);
        if (found.empty()) silent.push_back({.component = c});
        for (Trigger& trigger : found) triggers.push_back({c, std::move(trigger)});
    }
    std::vector<DriftFilter> filters = find_filters(fleet, triggers);
    for (std::size_t i = 0; i < triggers.size(); ++i) {
        if (!filters[i].chosen) continue;
        std::vector<Predicate> drifts = drifts_of(fleet, filters[i]);
        fit.rules.push_back(rule_of(fleet, std::move(triggers[i]), std::move(filters[i]), options,
                                    std::move(drifts)));
    }
    complete_rules(fleet, silent, options, fit);
    for (const FittedRule& fitted : fit.rules) fit.pack.rules.push_back(fitted.rule);
    return fit;
}

}  // namespace aftercare::collector
