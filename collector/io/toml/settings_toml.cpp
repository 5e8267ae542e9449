#include "collector/io/toml/settings_toml.hpp"

#include <charconv>

#include "proto/codec.hpp"

namespace aftercare::collector {
namespace {

std::uint32_t seconds_of(TableReader& reader, std::string_view key, std::uint32_t fallback,
                         std::uint32_t low, std::uint32_t high) {
    if (!reader.has(key)) return fallback;
    const auto span = reader.duration(key, Need::optional).count();
    if (span % 1'000 != 0 || span < std::int64_t{low} * 1'000 ||
        span > std::int64_t{high} * 1'000) {
        reader.mistake(key, "expected whole seconds from " + std::to_string(low) + "s to " +
                                std::to_string(high) + "s");
        return fallback;
    }
    return static_cast<std::uint32_t>(span / 1'000);
}

std::uint32_t debounce_of(TableReader& reader, std::string_view key) {
    if (!reader.has(key)) return 0;
    const auto span = reader.duration(key, Need::optional).count();
    if (span < 0 || span > kDebounceMsMax) {
        reader.mistake(key, "expected at most 24h");
        return 0;
    }
    return static_cast<std::uint32_t>(span);
}

std::uint32_t metric_id(TableReader& reader, std::string_view key, const std::string& name,
                        const ModelInfo& model) {
    if (const MetricInfo* metric = model.metric(std::string_view{name})) return metric->id;
    reader.mistake(key, "'" + name + "' is no metric of model '" + model.id + "'");
    return 0;
}

std::uint32_t fault_id(TableReader& reader, const ModelInfo& model) {
    const std::string name = reader.text("fault", Need::required);
    if (const FaultInfo* fault = model.fault(std::string_view{name})) return fault->id;
    reader.mistake("fault", "'" + name + "' is no fault of model '" + model.id + "'");
    return 0;
}

template <std::size_t kMax>
void read_metrics(TableReader& reader, std::string_view key, const ModelInfo& model,
                  BoundedList<std::uint32_t, kMax>& into) {
    for (const std::string& name : reader.texts(key, Need::optional)) {
        if (into.add(metric_id(reader, key, name, model))) continue;
        reader.mistake(key, "at most " + std::to_string(kMax) + " metrics");
        return;
    }
}

// Each list is bounded, and each code may stand in it once.
template <class Rule, std::size_t kMax>
void add_rule(TableReader& reader, const Rule& rule, BoundedList<Rule, kMax>& into) {
    for (const Rule& other : into) {
        if (other.code == rule.code) reader.mistake("fault", "another entry names the same fault");
    }
    if (!into.add(rule)) reader.mistake("fault", "at most " + std::to_string(kMax) + " entries");
}

void read_fault_filter(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "fault_filter", mistakes);
    FaultRule rule;
    rule.code = fault_id(reader, model);
    rule.raise_after_ms = debounce_of(reader, "raise_after");
    rule.clear_after_ms = debounce_of(reader, "clear_after");
    rule.storm_limit =
        reader.whole("storm_limit", Need::optional, rule.storm_limit, 1, kStormLimitMax);
    rule.storm_window_s =
        seconds_of(reader, "storm_window", rule.storm_window_s, 1, kStormWindowSMax);
    add_rule(reader, rule, model.settings.telemetry.fault_rules);
    reader.finish();
}

void read_threshold(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    constexpr double kMax = 3.0e38;
    TableReader reader(table, "threshold", mistakes);
    ThresholdRule rule;
    rule.metric_id = metric_id(reader, "metric", reader.text("metric", Need::required), model);
    rule.code = fault_id(reader, model);
    rule.high = static_cast<float>(reader.number("high", Need::required, 0, -kMax, kMax));
    rule.low = static_cast<float>(reader.number("low", Need::required, 0, -kMax, kMax));
    rule.below = reader.flag("below", false);
    if (rule.low > rule.high) reader.mistake("low", "must not be above 'high'");
    add_rule(reader, rule, model.settings.telemetry.thresholds);
    reader.finish();
}

std::string text_of(float value) {
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    std::string text(buffer, end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string seconds(std::string_view key, std::uint32_t value) {
    return value == 0 ? "" : std::string(key) + " = \"" + std::to_string(value) + "s\"\n";
}

template <class List>
std::string names(std::string_view key, const List& ids, const ModelInfo& model) {
    if (ids.count == 0) return {};
    std::string out = std::string(key) + " = [";
    for (const std::uint32_t id : ids) out += "\"" + model.metric(id)->name + "\", ";
    return out + "]\n";
}

}  // namespace

void read_settings(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "settings", mistakes);
    ModelSettings& settings = model.settings;
    settings = ModelSettings{};
    settings.version = reader.whole("version", Need::required, 0, 1, 0xFFFF'FFFF);
    settings.reading_window_s = seconds_of(reader, "reading_window", 0, 1, 86'400);
    settings.flush_delay_s = seconds_of(reader, "flush_delay", 0, 1, 86'400);
    settings.records_per_report =
        reader.whole("records_per_report", Need::optional, 0, 1, kRecordsPerReportMax);
    TelemetrySettings& telemetry = settings.telemetry;
    telemetry.heartbeat_s = seconds_of(reader, "heartbeat", 0, kHeartbeatSMin, kHeartbeatSMax);
    read_metrics(reader, "readings", model, telemetry.reading_metrics);
    read_metrics(reader, "snapshot", model, telemetry.snapshot_metrics);
    for (const toml::table* item : reader.tables("fault_filter", Need::optional)) {
        read_fault_filter(*item, model, mistakes);
    }
    for (const toml::table* item : reader.tables("threshold", Need::optional)) {
        read_threshold(*item, model, mistakes);
    }
    settings.telemetry_bytes = proto::Codec::encode_telemetry_settings(telemetry);
    if (settings.telemetry_bytes.size() > kTelemetrySettingsBytesMax) {
        reader.mistake("version", "the settings take " +
                                      std::to_string(settings.telemetry_bytes.size()) +
                                      " bytes, a device keeps at most 512: leave something out");
    }
    reader.finish();
}

std::string settings_to_toml(const ModelInfo& model) {
    const ModelSettings& s = model.settings;
    if (s.version == 0) return {};
    std::string out = "[model.settings]\nversion = " + std::to_string(s.version) + "\n" +
                      seconds("reading_window", s.reading_window_s) +
                      seconds("flush_delay", s.flush_delay_s) +
                      seconds("heartbeat", s.telemetry.heartbeat_s) +
                      names("readings", s.telemetry.reading_metrics, model) +
                      names("snapshot", s.telemetry.snapshot_metrics, model);
    if (s.records_per_report != 0) {
        out += "records_per_report = " + std::to_string(s.records_per_report) + "\n";
    }
    out += "fault_filter = [\n";
    for (const FaultRule& rule : s.telemetry.fault_rules) {
        out += "  { fault = \"" + model.fault(rule.code)->name + "\", raise_after = \"" +
               std::to_string(rule.raise_after_ms) + "ms\", clear_after = \"" +
               std::to_string(rule.clear_after_ms) +
               "ms\", storm_limit = " + std::to_string(rule.storm_limit) + ", storm_window = \"" +
               std::to_string(rule.storm_window_s) + "s\" },\n";
    }
    out += "]\nthreshold = [\n";
    for (const ThresholdRule& rule : s.telemetry.thresholds) {
        out += "  { metric = \"" + model.metric(rule.metric_id)->name + "\", fault = \"" +
               model.fault(rule.code)->name + "\", high = " + text_of(rule.high) +
               ", low = " + text_of(rule.low) + (rule.below ? ", below = true" : "") + " },\n";
    }
    return out + "]\n";
}

}  // namespace aftercare::collector
