// A model's settings, from the catalogue's text to a running appliance and back in its report.
#include "collector/io/toml/catalogue_toml.hpp"
#include "tests/unit/agent/kit_bench.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kCatalogue = R"([[model]]
id = "WM-7"
metric = [ { id = 2, name = "motor_celsius" } ]
fault = [ { id = 20, name = "E20" } ]
[model.settings]
version = 3
reading_window = "5m"
threshold = [ { metric = "motor_celsius", fault = "E20", high = 80, low = 75 } ]
)";

}  // namespace

TEST_GROUP(SettingsWay) {
    test::KitBench bench;
    collector::Catalogue catalogue;

    void setup() override {
        auto parsed = collector::parse_catalogue(kCatalogue, "test.toml");
        CHECK_TRUE(parsed.has_value());
        catalogue = std::move(*parsed);
        CHECK_TRUE(bench.boot());
    }
    void give() {
        const collector::ModelSettings& s = catalogue.models[0].settings;
        bench.device.down(
            Config{s.version, s.reading_window_s, s.flush_delay_s, s.records_per_report,
                   std::as_bytes(std::span{s.telemetry_bytes.data(), s.telemetry_bytes.size()})});
        bench.device.run_for(1s);
    }
    // Of the newest report sent.
    std::uint32_t reported_version() {
        std::uint32_t version = 0;
        while (const auto report = bench.device.next_report()) {
            version = report->header.config_version;
        }
        return version;
    }
};

TEST(SettingsWay, changes_window_and_thresholds_of_a_running_device_which_reports_the_version) {
    give();
    LONGS_EQUAL(3, reported_version());
    LONGS_EQUAL(300, bench.device->settings().reading_window_s);
    CHECK_TRUE(bench.kit->sample(2, 81).has_value());
    bench.device.run_for(301s);
    bench.take();
    LONGS_EQUAL(20, bench.sent<Fault>().at(0).code);
}

TEST(SettingsWay, a_bad_version_is_refused_with_its_reason_and_the_old_one_stays) {
    give();
    catalogue.models[0].settings.version = 4;
    catalogue.models[0].settings.telemetry_bytes = "\x08\x01";  // a heartbeat of one second
    give();
    LONGS_EQUAL(3, bench.device->settings().config_version);
    LONGS_EQUAL(1, bench.kit->state().thresholds);
    bench.take();
    const auto refused = bench.sent(LifecycleKind::config_refused);
    LONGS_EQUAL(1, refused.size());
    CHECK_TRUE(refused[0].config_version == 4 &&
               refused[0].config_refusal == ConfigRefusal::bad_value);
}
