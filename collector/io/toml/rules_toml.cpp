#include "collector/io/toml/rules_toml.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {
namespace {

constexpr double kAny = std::numeric_limits<double>::max();
constexpr std::array<std::string_view, 4> kSeverities{"info", "minor", "major", "critical"};
constexpr std::array<std::string_view, 5> kKinds{"fault_count", "threshold", "drift", "all", "any"};
constexpr int kDepthMax = 4;

Predicate read_predicate(const toml::table& table, milliseconds horizon, int depth,
                         Mistakes& mistakes);

void read_fault_count(TableReader& reader, milliseconds horizon, Predicate& node) {
    node.faults = reader.texts("fault_count", Need::required);
    node.count = reader.whole("count", Need::optional, 1, 1, kFaultCountMax);
    const Need window = node.count > 1 ? Need::required : Need::optional;
    node.window = reader.duration("window", window);
    // A code that counts is evidence for as long as the rule looks ahead.
    node.hold = reader.duration("hold", Need::optional, horizon);
}

// Between `clear` and `limit` a predicate keeps its state; `clear` lies on the quiet side of
// `limit`.
void check_clear(TableReader& reader, const Predicate& node) {
    const bool wrong =
        node.side == Side::below ? node.clear_limit < node.limit : node.clear_limit > node.limit;
    if (wrong) {
        reader.mistake("clear", node.side == Side::below ? "must not be lower than 'limit'"
                                                         : "must not be greater than 'limit'");
    }
}

void read_threshold(TableReader& reader, Predicate& node) {
    node.metric = reader.text("threshold", Need::required);
    constexpr std::span<const std::string_view> kTwoSides(kSideWords.data(), 2);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kTwoSides, 0));
    node.statistic =
        static_cast<Statistic>(reader.choice("statistic", Need::optional, kStatisticWords, 0));
    node.limit = reader.number("limit", Need::required, 0, -kAny, kAny);
    node.clear_limit = reader.number("clear", Need::optional, node.limit, -kAny, kAny);
    node.duration = reader.duration("duration", Need::optional);
    node.hold = reader.duration("hold", Need::optional);
    check_clear(reader, node);
}

void read_prior(TableReader& outer, Mistakes& mistakes, Predicate& node) {
    const toml::table* table = outer.subtable("prior", Need::optional);
    if (!table) return;
    TableReader reader(*table, "prior", mistakes);
    node.prior_mean = reader.number("mean", Need::required, 0, -kAny, kAny);
    node.prior_deviation = reader.number("deviation", Need::required, 1, 1e-12, kAny);
    node.prior_readings = reader.whole("readings", Need::required, 1, 1, 100'000);
    reader.finish();
}

void read_drift(TableReader& reader, Mistakes& mistakes, Predicate& node) {
    node.metric = reader.text("drift", Need::required);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kSideWords, 2));
    node.limit = reader.number("limit", Need::required, 1, 1e-6, 1e6);
    // Drift limits are distances, whatever the side.
    node.clear_limit = reader.number("clear", Need::optional, node.limit, 0, node.limit);
    node.window = reader.duration("window", Need::required);
    node.baseline = reader.duration("baseline", Need::required);
    node.samples_min = reader.whole("samples_min", Need::optional, 12, 2, 100'000);
    node.deviation_min = reader.number("deviation_min", Need::optional, 0, 0, kAny);
    node.hold = reader.duration("hold", Need::optional);
    node.counts_for = reader.duration("counts_for", Need::optional);
    if (node.baseline < node.window)
        reader.mistake("baseline", "must not be shorter than 'window'");
    if (node.window < milliseconds{8} || node.baseline < milliseconds{8}) {
        reader.mistake("window", "window and baseline must be longer than a few milliseconds");
    }
    read_prior(reader, mistakes, node);
}

void read_children(TableReader& reader, std::string_view key, milliseconds horizon, int depth,
                   Mistakes& mistakes, Predicate& node) {
    const auto children = reader.tables(key, Need::required);
    if (children.size() < 2) reader.mistake(key, "needs at least two predicates");
    if (depth >= kDepthMax) {
        reader.mistake(key, "nested deeper than " + std::to_string(kDepthMax) + " levels");
        return;
    }
    for (const toml::table* child : children) {
        node.children.push_back(read_predicate(*child, horizon, depth + 1, mistakes));
    }
}

// The key that is present says the kind: { drift = "rotate_rpm", limit = 1.5, … }.
Predicate read_predicate(const toml::table& table, milliseconds horizon, int depth,
                         Mistakes& mistakes) {
    Predicate node;
    TableReader reader(table, "predicate", mistakes);
    std::vector<std::size_t> kinds;
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (reader.has(kKinds[i])) kinds.push_back(i);
    }
    if (kinds.size() != 1) {
        mistakes.add(
            table, std::string(kinds.empty() ? "a predicate" : "only one kind per predicate; it") +
                       " starts with one of the keys " + allowed_list(kKinds));
        return node;
    }
    node.kind = static_cast<PredicateKind>(kinds[0]);
    switch (node.kind) {
        case PredicateKind::fault_count:
            read_fault_count(reader, horizon, node);
            break;
        case PredicateKind::threshold:
            read_threshold(reader, node);
            break;
        case PredicateKind::drift:
            read_drift(reader, mistakes, node);
            break;
        case PredicateKind::all:
        case PredicateKind::any:
            read_children(reader, kKinds[kinds[0]], horizon, depth, mistakes, node);
            break;
    }
    reader.finish();
    return node;
}

std::size_t leaf_count(const Predicate& node) {
    if (node.children.empty()) return 1;
    std::size_t count = 0;
    for (const Predicate& child : node.children) count += leaf_count(child);
    return count;
}

void read_rule(const toml::table& table, RulePack& pack, Mistakes& mistakes) {
    TableReader reader(table, "rule", mistakes);
    Rule rule;
    rule.id = reader.id("id");
    rule.version = reader.whole("version", Need::optional, 1, 1, 1'000'000);
    rule.models = reader.texts("models", Need::optional);
    rule.component = reader.id("component");
    rule.failure_mode = reader.id("failure_mode");
    rule.title = reader.text("title", Need::optional, rule.id);
    rule.horizon = reader.duration("horizon", Need::required);
    rule.severity =
        static_cast<Severity>(reader.choice("severity", Need::optional, kSeverities, 1));
    rule.action = static_cast<RuleAction>(reader.choice("action", Need::optional, kActionWords, 0));
    rule.mode = static_cast<RuleMode>(reader.choice("mode", Need::optional, kModeWords, 0));
    rule.probability = reader.number("probability", Need::optional, 0.5, 0, 1);
    if (const toml::table* when = reader.subtable("when", Need::required)) {
        rule.when = read_predicate(*when, rule.horizon, 1, mistakes);
        if (leaf_count(rule.when) > kLeavesPerRuleMax) {
            reader.mistake("when",
                           "more than " + std::to_string(kLeavesPerRuleMax) + " simple predicates");
        }
    }
    reader.finish();
    if (reader.has("horizon") && rule.horizon <= milliseconds{0}) {
        reader.mistake("horizon", "must be longer than nothing");
    }
    const auto same = [&](const Rule& other) { return other.id == rule.id; };
    if (std::any_of(pack.rules.begin(), pack.rules.end(), same)) {
        reader.mistake("id", "another rule has the id '" + rule.id + "'");
    }
    pack.rules.push_back(std::move(rule));
}

void read_head(TableReader& outer, RulePack& pack, Mistakes& mistakes) {
    const toml::table* table = outer.subtable("pack", Need::required);
    if (!table) return;
    TableReader reader(*table, "pack", mistakes);
    pack.id = reader.id("id");
    pack.version = reader.whole("version", Need::required, 1, 1, 1'000'000);
    reader.finish();
}

}  // namespace

Result<RulePack> parse_rule_pack(std::string_view text, const std::string& file) {
    const Result<toml::table> table = parse_toml(text, file);
    if (!table) return fail(table.error());
    Mistakes mistakes(file);
    TableReader reader(*table, "rule pack", mistakes);
    RulePack pack;
    read_head(reader, pack, mistakes);
    for (const toml::table* item : reader.tables("rule", Need::required)) {
        read_rule(*item, pack, mistakes);
    }
    reader.finish();
    if (!mistakes.empty()) return fail(mistakes.error());
    return pack;
}

Result<RulePack> load_rule_pack(const std::string& path) {
    const Result<std::string> text = read_text_file(path);
    if (!text) return fail(text.error());
    return parse_rule_pack(*text, path);
}

}  // namespace aftercare::collector
