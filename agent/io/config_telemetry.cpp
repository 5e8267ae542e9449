#include "agent/io/config_telemetry.hpp"

namespace aftercare::agent {
namespace {

template <std::size_t kMax>
void read_ids(Table& table, std::string_view key, BoundedList<std::uint32_t, kMax>& into) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const auto allowed =
        "must be a list of at most " + std::to_string(kMax) + " metric ids, whole numbers above 0";
    const toml::array* list = node->as_array();
    if (list == nullptr) return table.complain(*node, key, allowed);
    for (const toml::node& item : *list) {
        const std::int64_t id = item.is_integer() ? *item.value<std::int64_t>() : 0;
        if (id < 1 || id > UINT32_MAX || !into.add(static_cast<std::uint32_t>(id))) {
            return table.complain(item, key, allowed);
        }
    }
}

// Each list is bounded, and each code may stand in it once.
template <class Rule, std::size_t kMax, class Read>
void read_rules(Table& table, std::string_view key, BoundedList<Rule, kMax>& into, Read read) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const auto allowed = "must be a list of at most " + std::to_string(kMax) + " tables";
    const toml::array* list = node->as_array();
    if (list == nullptr) return table.complain(*node, key, allowed);
    for (const toml::node& item : *list) {
        const toml::table* one = item.as_table();
        if (one == nullptr) return table.complain(item, key, allowed);
        const Rule rule = read(*one);
        for (const Rule& other : into) {
            if (other.code == rule.code) {
                table.complain(item, key, "names code " + std::to_string(rule.code) + " twice");
            }
        }
        if (!into.add(rule)) return table.complain(item, key, allowed);
    }
}

std::uint32_t id(Table& table, std::string_view key) {
    if (table.get(key) == nullptr) table.missing(key, "is a whole number above 0");
    return table.number(key, 0, 1, UINT32_MAX);
}

}  // namespace

TelemetrySettings read_telemetry(const std::string& file, const toml::table& root,
                                 std::string& wrong) {
    TelemetrySettings own;
    Table table{file,
                root,
                "telemetry",
                {"heartbeat", "readings", "snapshot", "fault_filter", "threshold"},
                wrong};
    own.heartbeat_s = table.duration_ms("heartbeat", 0, "60s", "30d") / 1000;
    read_ids(table, "readings", own.reading_metrics);
    read_ids(table, "snapshot", own.snapshot_metrics);
    read_rules(table, "fault_filter", own.fault_rules, [&](const toml::table& one) {
        Table t{file,
                one,
                {"code", "raise_after", "clear_after", "storm_limit", "storm_window"},
                "telemetry.fault_filter",
                wrong};
        FaultRule rule;
        rule.code = id(t, "code");
        rule.raise_after_ms = t.duration_ms("raise_after", 0, "0s", "1d");
        rule.clear_after_ms = t.duration_ms("clear_after", 0, "0s", "1d");
        rule.storm_limit = t.number("storm_limit", rule.storm_limit, 1, kStormLimitMax);
        rule.storm_window_s =
            t.duration_ms("storm_window", rule.storm_window_s * 1000, "1s", "30d") / 1000;
        return rule;
    });
    read_rules(table, "threshold", own.thresholds, [&](const toml::table& one) {
        Table t{
            file, one, {"metric", "code", "high", "low", "below"}, "telemetry.threshold", wrong};
        ThresholdRule rule;
        rule.metric_id = id(t, "metric");
        rule.code = id(t, "code");
        rule.high = t.real("high");
        rule.low = t.real("low");
        rule.below = t.flag("below");
        if (rule.low > rule.high) t.complain(one, "low", "must not be above high");
        return rule;
    });
    return own;
}

}  // namespace aftercare::agent
