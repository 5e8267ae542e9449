#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(FitCommand) {
    CliWorld world;

    /// Eight machines; each month E1 comes a day before the pump fails.
    std::string fleet() const {
        std::filesystem::create_directory(world.path("fleet"));
        std::string devices = "device_id,model\n", faults = "at,device_id,code,state\n",
                    outcomes = "at,device_id,component,result\n";
        for (int d = 1; d <= 8; ++d) {
            const std::string id = "m" + std::to_string(d);
            devices += id + ",M\n";
            faults += "2026-01-01T00:00:00Z," + id + ",E9,occurred\n";
            for (const char* month : {"02", "03", "04", "05"}) {
                const std::string date = std::string("2026-") + month + "-";
                faults += date + "10T00:00:00Z," + id + ",E1,occurred\n";
                outcomes += date + "11T00:00:00Z," + id + ",pump,failure_repaired\n";
            }
            faults += "2026-06-30T00:00:00Z," + id + ",E9,occurred\n";
        }
        world.file("fleet/devices.csv", devices);
        world.file("fleet/faults.csv", faults);
        world.file("fleet/outcomes.csv", outcomes);
        return world.path("fleet");
    }
    CliRun fit(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"rules", "fit",   "--history",
                                           fleet(), "--out", world.path("pack.toml")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return world.run(arguments);
    }
};

TEST(FitCommand, judges_with_outcomes_lost_beside_devices_left_out) {
    const std::vector<std::string> lossy{"--folds", "4", "--outcomes-lost", "30%", "--draws", "3"};
    std::vector<std::string> as_json = lossy;
    as_json.emplace_back("--json");
    const CliRun run = fit(as_json);
    LONGS_EQUAL_TEXT(0, run.exit_code, run.err.c_str());
    const auto json = nlohmann::json::parse(run.out);
    DOUBLES_EQUAL(0.3, json["outcomes_lost"]["share_ratio"].get<double>(), 1e-12);
    LONGS_EQUAL(3, json["outcomes_lost"]["draws"].size());
    for (const auto& draw : json["outcomes_lost"]["draws"]) {
        LONGS_EQUAL(32, draw["failures"].get<int>());  // the judgement knows them all
        LONGS_EQUAL(json["validation"]["folds"].get<int>(), draw["folds"].get<int>());
    }
    const CliRun text = fit(lossy);
    STRCMP_CONTAINS(
        "With 30 % of the outcomes lost, devices left out (4 groups): precision 1.000 "
        "(1.000 … 1.000), recall 1.000 (1.000 … 1.000), F1 1.000 (1.000 … 1.000); median, least "
        "and greatest of 3 draws",
        text.out.c_str());
    std::ifstream pack(world.path("pack.toml"));
    const std::string written{std::istreambuf_iterator<char>(pack), {}};
    STRCMP_CONTAINS("# With 30 % of the outcomes lost", written.c_str());
    CHECK(!nlohmann::json::parse(fit({"--json"}).out).contains("outcomes_lost"));
}

TEST(FitCommand, says_how_a_loss_is_told) {
    for (const char* share : {"0%", "many", "130%"}) {
        const CliRun run = fit({"--outcomes-lost", share});
        LONGS_EQUAL(64, run.exit_code);
        STRCMP_CONTAINS("--outcomes-lost", run.err.c_str());
    }
    const CliRun run = fit({"--outcomes-lost", "30%", "--folds", "0"});
    LONGS_EQUAL(64, run.exit_code);
    STRCMP_CONTAINS("--folds 2", run.err.c_str());
}
