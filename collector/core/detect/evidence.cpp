#include "collector/core/detect/evidence.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

// Four significant digits: more would pretend, fewer would hide.
std::string number(double value) {
    if (!std::isfinite(value)) return "0";
    char buffer[32];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 4);
    AFTERCARE_ASSERT(error == std::errc{});
    return {buffer, end};
}

std::string quoted(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// Members of one JSON object, in the order added.
class JsonObject {
  public:
    JsonObject& raw(std::string_view key, std::string_view value) {
        text_ += text_.empty() ? "{" : ",";
        text_ += quoted(key);
        text_ += ':';
        text_ += value;
        return *this;
    }
    JsonObject& text(std::string_view key, std::string_view value) {
        return raw(key, quoted(value));
    }
    JsonObject& real(std::string_view key, float value) {
        return raw(key, number(static_cast<double>(value)));
    }
    [[nodiscard]] std::string done() const { return text_ + "}"; }

  private:
    std::string text_;
};

struct Fact {
    std::string sentence;
    std::string json;
};

std::string with_unit(float value, const std::string& unit) {
    return number(static_cast<double>(value)) + (unit.empty() ? "" : " " + unit);
}

const std::string& label_of(const CompiledLeaf& leaf, std::uint32_t code) {
    for (const auto& [id, label] : leaf.labels) {
        if (id == code) return label;
    }
    return leaf.labels.front().second;
}

Fact fault_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string& code = label_of(leaf, interval.code);
    std::string sentence = code + " reported";
    if (interval.value > 1)
        sentence += " " + number(static_cast<double>(interval.value)) + " times";
    JsonObject json;
    json.text("kind", "fault_count").text("code", code).real("count", interval.value);
    if (node.window > milliseconds{0}) json.text("window", format_duration(node.window));
    return {sentence, json.text("from", format_rfc3339(interval.start)).done()};
}

Fact threshold_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const Predicate& node = *leaf.predicate;
    const std::string& metric = leaf.labels.front().second;
    const std::string side = node.side == Side::below ? "below" : "above";
    std::string sentence = metric + " " + side + " " + with_unit(interval.baseline, leaf.unit) +
                           " (at " + with_unit(interval.value, leaf.unit) + ")";
    if (node.duration > milliseconds{0}) sentence += " for " + format_duration(node.duration);
    JsonObject json;
    json.text("kind", "threshold").text("metric", metric).text("unit", leaf.unit);
    json.text("statistic", kStatisticWords[static_cast<std::size_t>(node.statistic)]);
    json.real("value", interval.value).real("limit", interval.baseline);
    json.text("duration", format_duration(node.duration));
    return {sentence, json.text("from", format_rfc3339(interval.start)).done()};
}

Fact drift_fact(const CompiledLeaf& leaf, const Interval& interval) {
    const std::string& metric = leaf.labels.front().second;
    const std::string window = format_duration(leaf.predicate->window);
    const float size = std::abs(interval.deviation);
    std::string sentence = metric + " averaged " + with_unit(interval.value, leaf.unit) + " over " +
                           window + ", " + number(static_cast<double>(size)) +
                           " standard deviations " + (interval.deviation < 0 ? "below" : "above") +
                           " its own baseline of " + with_unit(interval.baseline, leaf.unit);
    JsonObject json;
    json.text("kind", "drift").text("metric", metric).text("unit", leaf.unit);
    json.real("value", interval.value).real("baseline", interval.baseline);
    json.real("deviation", interval.deviation).text("window", window);
    return {sentence, json.text("from", format_rfc3339(interval.start)).done()};
}

Fact fact_of(const CompiledLeaf& leaf, const Interval& interval) {
    if (leaf.predicate->kind == PredicateKind::fault_count) return fault_fact(leaf, interval);
    if (leaf.predicate->kind == PredicateKind::threshold) return threshold_fact(leaf, interval);
    return drift_fact(leaf, interval);
}

std::string points_json(const CompiledLeaf& leaf, const LeafState& state) {
    std::vector<Point> points;
    if (const auto* drift = std::get_if<DriftState>(&state.memory)) {
        points = points_of(*leaf.predicate, *drift);
    } else if (const auto* threshold = std::get_if<ThresholdState>(&state.memory)) {
        points = threshold->points;
    }
    std::string text = "[";
    for (const Point& point :
         std::span(points).first(std::min(points.size(), kEvidencePointsMax))) {
        if (text.size() > 1) text += ',';
        text += "[" + std::to_string(unix_ms(point.at)) + "," +
                number(static_cast<double>(point.value)) + "]";
    }
    return text + "]";
}

/// A leaf that is true at the moment asked for.
struct Witness {
    std::size_t leaf;
    const Interval* interval;
};

std::vector<Witness> witnesses_of(const RuleState& state, WallTime at) {
    std::vector<Witness> found;
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        const Intervals& intervals = state.leaves[i].intervals;
        const auto hit = std::find_if(intervals.begin(), intervals.end(),
                                      [&](const Interval& item) { return item.contains(at); });
        if (hit != intervals.end()) found.push_back({i, &*hit});
    }
    return found;
}

}  // namespace

std::string evidence_json(const CompiledRule& rule, const RuleState& state, WallTime at) {
    std::string sentence;
    std::string facts;
    const Witness* shown = nullptr;
    const std::vector<Witness> witnesses = witnesses_of(state, at);
    for (const Witness& witness : witnesses) {
        const CompiledLeaf& leaf = rule.leaves[witness.leaf];
        const Fact fact = fact_of(leaf, *witness.interval);
        sentence += (sentence.empty() ? "" : "; ") + fact.sentence;
        facts += (facts.empty() ? "" : ",") + fact.json;
        const bool plotted = leaf.lane == Lane::bulk;
        if (plotted && (!shown || std::abs(witness.interval->deviation) >
                                      std::abs(shown->interval->deviation))) {
            shown = &witness;
        }
    }
    JsonObject json;
    json.text("sentence", sentence + ".");
    json.text("rule", rule.rule->id + "@" + std::to_string(rule.rule->version));
    json.text("at", format_rfc3339(at)).raw("facts", "[" + facts + "]");
    if (!shown) return json.raw("points", "[]").done();
    const CompiledLeaf& leaf = rule.leaves[shown->leaf];
    json.raw("points", points_json(leaf, state.leaves[shown->leaf]));
    json.text("metric", leaf.labels.front().second).text("unit", leaf.unit);
    json.real("baseline", shown->interval->baseline).real("deviation", shown->interval->deviation);
    return json.done();
}

}  // namespace aftercare::collector
