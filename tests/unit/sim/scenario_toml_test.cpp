#include "firmware_sim/world/scenario_toml.hpp"

#include "firmware_sim/world/run.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

std::string mistakes_of(const char* text) {
    const auto parsed = parse_scenario(text, "x.toml");
    CHECK_FALSE(parsed.has_value());
    return parsed ? "" : parsed.error().message;
}

bool says(const std::string& message, const char* what) {
    return message.find(what) != std::string::npos;
}

}  // namespace

TEST_GROUP(ScenarioToml){};

TEST(ScenarioToml, an_empty_scenario_is_the_defaults_and_takes_its_files_name) {
    const auto scenario = parse_scenario("", "somewhere/storm.toml");
    CHECK(scenario.has_value());
    STRCMP_EQUAL("storm", scenario->name.c_str());
    CHECK_EQUAL(90U, scenario->days);
    CHECK_EQUAL(60U, scenario->fleet.device_count);
    DOUBLES_EQUAL(0, scenario->link.loss_ratio, 0);
}

TEST(ScenarioToml, reads_every_section_and_resolves_paths_beside_the_file) {
    const auto scenario = parse_scenario(R"(
seed = 99
start = "2026-05-01T00:00:00Z"
days = 3
tenant = "acme"
catalogue = "../c.toml"
score_horizon = "48h"
[fleet]
devices = 5
refrigerators = 0
[customers]
heeds_notice_ratio = 0.25
[centre]
visits_per_day = 3
[agent]
flush_delay = "90s"
power_cuts_per_device_day = 2
[link]
loss_ratio = 0.5
partition_mean = "2h"
[broker]
restarts_per_day = 4
[collector]
batch_period = "2m"
kill_after_commit_ratio = 0.1
[expect]
lost = 0
"prediction.precision" = { min = 0.5 }
kpi.proactive_contact_rate = { max = 90 }
)",
                                         "dir/sub/s.toml");
    CHECK_TEXT(scenario.has_value(), scenario ? "" : scenario.error().message.c_str());
    CHECK_EQUAL(99U, scenario->seed);
    STRCMP_EQUAL("dir/c.toml", scenario->catalogue.c_str());
    CHECK(scenario->score_horizon == hours_ms(48));
    DOUBLES_EQUAL(0, scenario->fleet.mix[1], 0);
    DOUBLES_EQUAL(0.25, scenario->customers.heeds_notice_ratio, 0);
    CHECK_EQUAL(3U, scenario->centre.visits_per_day);
    CHECK(scenario->agent.flush_delay == milliseconds{90'000});
    DOUBLES_EQUAL(4, scenario->broker.restarts_per_day, 0);
    CHECK(scenario->collector.batch_period == milliseconds{120'000});
    CHECK_EQUAL(3U, scenario->expect.size());
    bool exact = false;
    for (const auto& bound : scenario->expect) {
        if (bound.figure == "lost") exact = bound.at_least == 0.0 && bound.at_most == 0.0;
    }
    CHECK(exact);
}

// promise: config-mistake
TEST(ScenarioToml, every_mistake_is_told_at_once_with_its_line) {
    const std::string message =
        mistakes_of("days = 0\nspeed = 2\n[link]\nloss_ratio = -1\n[expect]\nluck = 7\n");
    CHECK(says(message, "x.toml:1:"));
    CHECK(says(message, "x.toml:2:"));
    CHECK(says(message, "x.toml:4:"));
    CHECK(says(message, "x.toml:6:"));
    CHECK(says(message, "prediction.precision"));  // what is allowed
}

TEST(ScenarioToml, bounds_that_contradict_each_other_are_refused) {
    CHECK(says(mistakes_of("[link]\ndelay_min = \"2s\"\ndelay_max = \"1s\"\n"), "delay_max"));
    CHECK(says(mistakes_of("[centre]\nvisit_delay_days_min = 9\n"), "visit_delay_days_max"));
    CHECK(says(
        mistakes_of("[fleet]\nwashing_machines = 0\nrefrigerators = 0\nair_conditioners = 0\n"),
        "shares"));
    CHECK(says(mistakes_of("tenant = \"a/b\"\n"), "tenant"));
    CHECK(says(mistakes_of("start = \"tomorrow\"\n"), "start"));
}

TEST(ScenarioToml, lets_expect_only_what_a_run_has) {
    RunSummary whole;
    whole.prediction.precision = whole.prediction.recall = whole.prediction.f1 = 0.5;
    whole.prediction.median_lead_h = 24;
    whole.trials_true = 1;
    for (const std::string_view name : expectable_figures()) {
        CHECK_TRUE_TEXT(figure(whole, std::string(name)).has_value(), std::string(name).c_str());
    }
}
