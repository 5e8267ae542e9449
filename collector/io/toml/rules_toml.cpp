#include "collector/io/toml/rules_toml.hpp"

#include <algorithm>
#include <array>

#include "collector/io/toml/predicate_toml.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 4> kSeverities{"info", "minor", "major", "critical"};

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
    rule.precision_floor =
        reader.number("precision_floor", Need::optional, kPrecisionFloorDefault, 0, 1);
    rule.decided_min =
        reader.whole("decided_min", Need::optional, kDecidedMinDefault, 1, 1'000'000);
    if (const toml::table* when = reader.subtable("when", Need::required)) {
        rule.when = read_condition(*when, rule.horizon, mistakes);
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
