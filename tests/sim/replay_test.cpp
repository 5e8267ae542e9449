#include "firmware_sim/world/replay.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/sim/worlds.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

const std::string kAzure = AFTERCARE_SOURCE_DIR "/../shared/data/azure_pdm/m01-10_90d";

bool absent(const std::string& folder) {
    if (std::filesystem::exists(folder + "/devices.csv")) return false;
    std::printf("SKIP: %s is not there\n", folder.c_str());
    return true;
}

/// One rule: code E1 says that component `pump` fails within 48 h.
collector::RulePack one_rule() {
    return shipped(collector::parse_rule_pack(R"(
[pack]
id = "test"
version = 1
[[rule]]
id = "pump"
component = "pump"
failure_mode = "pump"
horizon = "48h"
when = { fault_count = ["E1"] }
)",
                                              "test.toml"));
}

}  // namespace

TEST_GROUP(Replay) {
    test::ScratchDir folder{"replay"};

    void file(const char* name, const std::string& text) {
        std::ofstream(folder / name) << text;
    }
    void devices() {
        file("devices.csv", "device_id,model,installed_at\np-1,M1,2020-01-01T00:00:00Z\np-2,M1,\n");
    }
};

TEST(Replay, reads_every_file_and_leaves_out_bad_rows_by_file_and_line) {
    file("devices.csv",
         "device_id,model,installed_at,region\np-1,M1,2020-01-01T00:00:00Z,north\np/2,M1,,\n");
    file("readings.csv",
         "at,device_id,rpm,volt\n2026-01-01T01:00:00Z,p-1,10,\nyesterday,p-1,1,2\n"
         "2026-01-01T00:00:00Z,p-1,,230.5\n2026-01-01T02:00:00Z,p-9,1,2\n"
         "2026-01-01T03:00:00Z,p-1,ten,2\n2026-01-01T03:00:00Z,p-1\n");
    file("faults.csv",
         "at,device_id,code,state\n2026-01-01T00:30:00Z,p-1,E2,occurred\n"
         "2026-01-01T00:10:00Z,p-1,E1,raised\n2026-01-01T00:10:00Z,p-1,E1,exploded\n");
    const auto trace = collector::read_trace(folder.path().string());
    CHECK(trace.has_value());
    CHECK_EQUAL(1U, trace->history.devices.size());
    STRCMP_EQUAL("north", trace->history.devices[0].region.c_str());
    CHECK_EQUAL(2U, trace->history.readings.size());
    // In order of time, with a hole where the cell was empty.
    const float* first = &trace->history.values[std::size_t{trace->history.readings[0].row} * 2];
    CHECK(std::isnan(first[0]));
    DOUBLES_EQUAL(230.5, static_cast<double>(first[1]), 1e-6);
    CHECK_EQUAL(2U, trace->history.faults.size());
    STRCMP_EQUAL("E1", trace->history.fault_codes[trace->history.faults[0].code].c_str());
    CHECK_EQUAL(6U, trace->error_count);
    CHECK(trace->errors[0].find("devices.csv:3: ") != std::string::npos);
    CHECK(trace->errors[1].find("readings.csv:3: ") != std::string::npos);
    CHECK(trace->errors[2].find("readings.csv:5: ") != std::string::npos);
    CHECK(trace->errors[3].find("rpm: 'ten'") != std::string::npos);
}

TEST(Replay, a_missing_column_or_folder_is_an_error) {
    CHECK(collector::read_trace((folder / "nowhere").string()).error().code == Errc::not_found);
    file("devices.csv", "device,model\np-1,M1\n");
    const auto refused = collector::read_trace(folder.path().string());
    CHECK_FALSE(refused.has_value());
    CHECK(refused.error().message.find("column 'device_id' is missing") != std::string::npos);
}

TEST(Replay, scores_by_hand_a_trace_of_two_devices) {
    devices();
    // p-1: code 20 h before its failure: right. p-2: code without a failure, and one failure
    // without a code 100 h later: wrong and missed.
    file("faults.csv",
         "at,device_id,code,state\n2026-01-05T00:00:00Z,p-1,E1,occurred\n"
         "2026-01-05T00:00:00Z,p-2,E1,occurred\n");
    file("outcomes.csv",
         "at,device_id,component,result\n2025-12-01T00:00:00Z,p-1,pump,preventive_replacement\n"
         "2026-01-05T20:00:00Z,p-1,pump,failure_repaired\n"
         "2026-01-09T04:00:00Z,p-2,pump,failure_repaired\n");
    file("failures.csv",
         "at,device_id,component\n2026-01-05T20:00:00Z,p-1,pump\n2026-01-09T04:00:00Z,p-2,pump\n");
    const auto trace = shipped(collector::read_trace(folder.path().string()));
    const auto summary =
        shipped(replay_trace(trace, collector::catalogue_of(trace.history), one_rule(), {}, {}));
    CHECK_EQUAL(2U, summary.prediction.tickets);
    CHECK_EQUAL(1U, summary.prediction.right);
    CHECK_EQUAL(2U, summary.prediction.failures);
    DOUBLES_EQUAL(0.5, *summary.prediction.precision, 1e-9);
    DOUBLES_EQUAL(0.5, *summary.prediction.recall, 1e-9);
    // The ticket opens when the fault's report is stored, within two minutes.
    DOUBLES_EQUAL(20.0, *summary.prediction.median_lead_h, 2.0 / 60);
    CHECK_EQUAL(0U, summary.verdict.violation_count);
    CHECK_EQUAL(0U, summary.collector.commands_refused);
}

TEST(Replay, rows_with_more_metrics_than_a_record_holds_become_several) {
    file("devices.csv", "device_id,model\np-1,M1\n");
    std::string header = "at,device_id", row = "2026-01-01T00:00:00Z,p-1";
    for (int i = 0; i < 20; ++i) {
        header += ",m" + std::to_string(i);
        row += "," + std::to_string(i);
    }
    file("readings.csv", header + "\n" + row + "\n");
    file("faults.csv", "at,device_id,code,state\n2026-01-01T01:00:00Z,p-1,E1,occurred\n");
    file("outcomes.csv",
         "at,device_id,component,result\n2026-01-01T01:30:00Z,p-1,pump,no_fault_found\n");
    const auto trace = shipped(collector::read_trace(folder.path().string()));
    const auto summary =
        shipped(replay_trace(trace, collector::catalogue_of(trace.history), one_rule(), {}, {}));
    // Boot and clock, two readings, one fault.
    CHECK_EQUAL(5U, summary.verdict.records);
    CHECK_EQUAL(0U, summary.verdict.violation_count);
}

TEST(Replay, the_recorded_machines_reach_what_their_pack_promises) {
    if (absent(kAzure)) return;
    const auto trace = shipped(collector::read_trace(kAzure));
    CHECK_EQUAL(21'600U, trace.history.readings.size());
    CHECK_EQUAL(0U, trace.error_count);
    const auto rules =
        shipped(collector::load_rule_pack(AFTERCARE_SOURCE_DIR "/deploy/rules/azure_pdm.toml"));
    const auto summary =
        shipped(replay_trace(trace, collector::catalogue_of(trace.history), rules, {}, {}));
    CHECK_EQUAL(0U, summary.verdict.lost);
    CHECK_EQUAL(0U, summary.verdict.violation_count);
    CHECK_EQUAL(0U, summary.collector.commands_refused);
    CHECK_EQUAL(17U, summary.prediction.failures);
    CHECK(*summary.prediction.precision >= 0.9);
    CHECK(*summary.prediction.recall >= 0.9);
    CHECK(*summary.prediction.median_lead_h >= 20);
}
