#include "collector/core/detect/facts.hpp"

#include "collector/core/detect/json_text.hpp"
#include "common/time_text.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

std::string number(float value) {
    return collector::number(static_cast<double>(value));
}

std::string with_unit(float value, const std::string& unit) {
    return number(value) + (unit.empty() ? "" : " " + unit);
}

const std::string& metric_of(const CompiledLeaf& leaf) {
    return leaf.labels.front().second;
}

const std::string& label_of(const CompiledLeaf& leaf, std::uint32_t code) {
    for (const auto& [id, label] : leaf.labels) {
        if (id == code) return label;
    }
    return leaf.labels.front().second;
}

std::string times(float count) {
    return count > 1 ? " " + number(count) + " times" : "";
}

/// Begins the object of a fact about a metric.
JsonObject about(std::string_view kind, const CompiledLeaf& leaf) {
    JsonObject json;
    json.text("kind", kind).text("metric", metric_of(leaf)).text("unit", leaf.unit);
    return json;
}

JsonObject& real(JsonObject& json, std::string_view key, float value) {
    return json.real(key, static_cast<double>(value));
}

Fact finish(std::string sentence, JsonObject& json, const Interval& interval) {
    return {std::move(sentence), json.text("from", format_rfc3339(interval.start)).done()};
}

Fact fault_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string& code = label_of(leaf, interval.code);
    JsonObject json;
    json.text("kind", "fault_count").text("code", code);
    real(json, "count", interval.value);
    if (node.window > milliseconds{0}) json.text("window", format_duration(node.window));
    return finish(code + " reported" + times(interval.value), json, interval);
}

Fact sequence_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const std::string& first = leaf.labels[static_cast<std::size_t>(interval.baseline)].second;
    const std::string& second = label_of(leaf, interval.code);
    const std::string window = format_duration(leaf.predicate->window);
    JsonObject json;
    json.text("kind", "fault_sequence").text("first", first).text("code", second);
    real(json, "count", interval.value).text("window", window);
    return finish(second + " reported within " + window + " of " + first + times(interval.value),
                  json, interval);
}

Fact threshold_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string side = node.side == Side::below ? "below" : "above";
    std::string sentence = metric_of(leaf) + " " + side + " " +
                           with_unit(interval.baseline, leaf.unit) + " (at " +
                           with_unit(interval.value, leaf.unit) + ")";
    if (node.duration > milliseconds{0}) sentence += " for " + format_duration(node.duration);
    JsonObject json = about("threshold", leaf);
    json.text("statistic", kStatisticWords[static_cast<std::size_t>(node.statistic)]);
    real(json, "value", interval.value);
    real(json, "limit", interval.baseline).text("duration", format_duration(node.duration));
    return finish(sentence, json, interval);
}

Fact drift_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const std::string window = format_duration(leaf.predicate->window);
    const std::string sentence = metric_of(leaf) + " averaged " +
                                 with_unit(interval.value, leaf.unit) + " over " + window + ", " +
                                 number(std::abs(interval.deviation)) + " standard deviations " +
                                 (interval.deviation < 0 ? "below" : "above") +
                                 " its own baseline of " + with_unit(interval.baseline, leaf.unit);
    JsonObject json = about("drift", leaf);
    real(json, "value", interval.value);
    real(json, "baseline", interval.baseline);
    real(json, "deviation", interval.deviation).text("window", window);
    return finish(sentence, json, interval);
}

Fact cusum_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string sentence =
        metric_of(leaf) + " settled around " + with_unit(interval.value, leaf.unit) + ", " +
        (interval.deviation < 0 ? "below" : "above") + " its target of " +
        with_unit(interval.baseline, leaf.unit) + " (cumulative sum " +
        number(std::abs(interval.deviation)) + " standard deviations, limit " +
        collector::number(node.limit) + ")";
    JsonObject json = about("cusum", leaf);
    real(json, "value", interval.value);
    real(json, "target", interval.baseline);
    real(json, "sum", interval.deviation).real("limit", node.limit);
    return finish(sentence, json, interval);
}

Fact cohort_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string window = format_duration(node.window);
    const std::string side = node.side == Side::below ? "lower" : "higher";
    const std::string sentence =
        metric_of(leaf) + " averaged " + with_unit(interval.value, leaf.unit) + " over " + window +
        ", " + side + " than " + number(interval.deviation) +
        " % of the devices of its kind (median " + with_unit(interval.baseline, leaf.unit) + ")";
    JsonObject json = about("cohort", leaf);
    real(json, "value", interval.value);
    real(json, "median", interval.baseline);
    real(json, "percentile",
         node.side == Side::below ? 100 - interval.deviation : interval.deviation)
        .text("window", window);
    return finish(sentence, json, interval);
}

Fact life_fact(const Rule& rule, const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const bool by_age = node.metric.empty();
    constexpr double kDayMs = 86'400'000;
    const std::string reached =
        by_age ? number(interval.value / static_cast<float>(kDayMs)) + " days of age"
               : number(interval.value) + " " + metric_of(leaf);
    const std::string within =
        by_age ? format_duration(milliseconds{static_cast<std::int64_t>(node.ahead)})
               : collector::number(node.ahead) + " more";
    const std::string percent = collector::number(100 * node.probability);
    JsonObject json;
    json.text("kind", "life").text("component", rule.component);
    json.text("counter", by_age ? "age" : metric_of(leaf));
    json.real("limit", by_age ? leaf.age_limit / kDayMs : leaf.age_limit);
    json.text("unit", by_age ? "days" : "").text("within", within);
    json.real("probability", node.probability);
    return finish(rule.component + " passed " + reached + ": from there on it fails within " +
                      within + " with a chance of " + percent + " % or more",
                  json, interval);
}

Fact silence_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const milliseconds span = leaf.predicate->duration;
    const std::string last = format_rfc3339(interval.start - span);
    JsonObject json;
    json.text("kind", "silence").text("duration", format_duration(span)).text("last", last);
    return finish("no record for " + format_duration(span) + " after " + last, json, interval);
}

}  // namespace

Fact fact_of(const Rule& rule, const CompiledLeaf& leaf, const Interval& interval) {
    switch (leaf.predicate->kind) {
        case PredicateKind::fault_count:
            return fault_fact(leaf, interval);
        case PredicateKind::fault_sequence:
            return sequence_fact(leaf, interval);
        case PredicateKind::threshold:
            return threshold_fact(leaf, interval);
        case PredicateKind::cusum:
            return cusum_fact(leaf, interval);
        case PredicateKind::cohort:
            return cohort_fact(leaf, interval);
        case PredicateKind::life:
            return life_fact(rule, leaf, interval);
        case PredicateKind::silence:
            return silence_fact(leaf, interval);
        case PredicateKind::drift:
        case PredicateKind::all:
        case PredicateKind::any:
        case PredicateKind::none_of:
            break;
    }
    return drift_fact(leaf, interval);
}

Fact absence_of(const CompiledLeaf& leaf) {
    const std::string names = joined(leaf.labels, ", ", [](const auto& one) { return one.second; });
    JsonObject json;
    json.text("kind", "not").text("of", names);
    return {"no sign of " + names, json.done()};
}

}  // namespace aftercare::collector
