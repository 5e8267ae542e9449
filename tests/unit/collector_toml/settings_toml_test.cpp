#include "collector/io/toml/catalogue_toml.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

std::string model_with(std::string_view settings) {
    return std::string(R"([[model]]
id = "WM-900"
metric = [ { id = 1, name = "drain_s" }, { id = 2, name = "motor_celsius" } ]
fault = [ { id = 18, name = "E18" }, { id = 20, name = "E20" } ]
[model.settings]
)") + std::string(settings);
}

constexpr std::string_view kAll = R"(version = 3
reading_window = "5m"
flush_delay = "30s"
records_per_report = 40
heartbeat = "1h"
readings = ["drain_s"]
snapshot = ["motor_celsius"]
fault_filter = [ { fault = "E18", raise_after = "2s", clear_after = "500ms", storm_limit = 5 } ]
threshold = [ { metric = "motor_celsius", fault = "E20", high = 80, low = 75.5 } ]
)";

}  // namespace

TEST_GROUP(SettingsToml){
    // The mistake, or nothing.
    std::string mistake_of(std::string_view settings){
        const auto catalogue = parse_catalogue(model_with(settings), "test.toml");
return catalogue ? "" : catalogue.error().message;
}
}
;

TEST(SettingsToml, reads_every_key_and_writes_what_it_read) {
    const auto catalogue = parse_catalogue(model_with(kAll), "test.toml");
    CHECK_TRUE(catalogue.has_value());
    const auto again = parse_catalogue(catalogue_to_toml(*catalogue), "again.toml");
    CHECK_TRUE(again.has_value());
    for (const Catalogue* one : {&*catalogue, &*again}) {
        const ModelSettings& s = one->models[0].settings;
        LONGS_EQUAL(3, s.version);
        LONGS_EQUAL(300, s.reading_window_s);
        LONGS_EQUAL(30, s.flush_delay_s);
        LONGS_EQUAL(40, s.records_per_report);
        LONGS_EQUAL(3'600, s.telemetry.heartbeat_s);
        LONGS_EQUAL(1, s.telemetry.reading_metrics.items[0]);
        LONGS_EQUAL(2, s.telemetry.snapshot_metrics.items[0]);
        const FaultRule& rule = s.telemetry.fault_rules.items[0];
        LONGS_EQUAL(18, rule.code);
        LONGS_EQUAL(2'000, rule.raise_after_ms);
        LONGS_EQUAL(500, rule.clear_after_ms);
        LONGS_EQUAL(5, rule.storm_limit);
        LONGS_EQUAL(3'600, rule.storm_window_s);
        const ThresholdRule& threshold = s.telemetry.thresholds.items[0];
        LONGS_EQUAL(2, threshold.metric_id);
        LONGS_EQUAL(20, threshold.code);
        DOUBLES_EQUAL(80, threshold.high, 0);
        DOUBLES_EQUAL(75.5, threshold.low, 0);
        CHECK_TRUE(sane(s.telemetry));
    }
}

// promise: config-mistake
TEST(SettingsToml, names_line_and_key_of_a_mistake) {
    STRCMP_CONTAINS("'version'", mistake_of("heartbeat = \"1h\"").c_str());
    STRCMP_CONTAINS("test.toml:7:", mistake_of("version = 1\nheartbeat = \"1s\"").c_str());
    STRCMP_CONTAINS("'heartbeat'", mistake_of("version = 1\nheartbeat = \"1s\"").c_str());
    STRCMP_CONTAINS("'x' is no metric of model 'WM-900'",
                    mistake_of("version = 1\nreadings = [\"x\"]").c_str());
    STRCMP_CONTAINS("must not be above 'high'",
                    mistake_of("version = 1\nthreshold = [ { metric = \"drain_s\", fault = "
                               "\"E18\", high = 1, low = 2 } ]")
                        .c_str());
    STRCMP_CONTAINS("names the same fault",
                    mistake_of("version = 1\nfault_filter = [ { fault = \"E18\" }, { fault = "
                               "\"E18\" } ]")
                        .c_str());
    STRCMP_CONTAINS("'colour'", mistake_of("version = 1\ncolour = 3").c_str());
}
