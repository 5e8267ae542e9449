#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(BacktestCommand) {
    CliWorld world;

    /// One machine: pump fails a day after E1; E2 comes for nothing.
    std::string fleet() const {
        std::filesystem::create_directory(world.path("fleet"));
        world.file("fleet/devices.csv", "device_id,model\nm1,M\n");
        world.file("fleet/faults.csv",
                   "at,device_id,code,state\n2026-01-01T00:00:00Z,m1,E9,occurred\n"
                   "2026-02-01T00:00:00Z,m1,E1,raised\n2026-03-01T00:00:00Z,m1,E2,raised\n"
                   "2026-05-01T00:00:00Z,m1,E9,occurred\n");
        world.file("fleet/outcomes.csv",
                   "at,device_id,component,result\n2026-02-02T00:00:00Z,m1,pump,"
                   "failure_repaired\n");
        return world.path("fleet");
    }
    std::string pack(const std::string& id, const std::string& code, const std::string& models = "")
        const {
        return world.file(id + ".toml", "[pack]\nid = \"" + id +
                                            "\"\nversion = 1\n[[rule]]\nid = \"" + id +
                                            "_rule\"\n" + models +
                                            "component = \"pump\"\nfailure_mode = \"pump\"\n"
                                            "horizon = \"2d\"\nwhen = { fault_count = [\"" +
                                            code + "\"] }\n");
    }
};

TEST(BacktestCommand, sets_two_packs_side_by_side_and_lists_where_they_differ) {
    const std::string folder = fleet();
    const CliRun run = world.run({"rules", "backtest", "--rules", pack("fresh", "E1"), "--against",
                                  pack("known", "E2"), "--history", folder, "--json"});
    LONGS_EQUAL(0, run.exit_code);
    const auto json = nlohmann::json::parse(run.out);
    CHECK_EQUAL(1, json["new"]["right_count"].get<int>());
    CHECK_EQUAL(24.0, json["new"]["median_lead_h"].get<double>());
    CHECK_EQUAL(1, json["old"]["wrong_count"].get<int>());
    CHECK_EQUAL(1, json["found_only_by_new_count"].get<int>());
    CHECK_EQUAL(2, json["differing_count"].get<int>());
    CHECK_EQUAL(std::string("right"), json["differing"][0]["outcome"].get<std::string>());
    CHECK_EQUAL(std::string("known_rule@1"), json["differing"][1]["rule"].get<std::string>());
    const CliRun table = world.run({"rules", "backtest", "--rules", world.path("fresh.toml"),
                                    "--against", world.path("known.toml"), "--history", folder});
    STRCMP_CONTAINS("1 of 1 = 100 %", table.out.c_str());
    STRCMP_CONTAINS("0 of 1 = 0 %", table.out.c_str());
    const CliRun alone = world.run(
        {"rules", "backtest", "--rules", world.path("fresh.toml"), "--history", folder, "--json"});
    CHECK(!nlohmann::json::parse(alone.out).contains("old"));
}

TEST(BacktestCommand, says_what_is_wrong_and_where) {
    const std::string folder = fleet();
    const auto fails = [&](int code, const std::vector<std::string>& more, const char* words) {
        std::vector<std::string> arguments{"rules", "backtest"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CliRun run = world.run(arguments);
        LONGS_EQUAL_TEXT(code, run.exit_code, words);
        STRCMP_CONTAINS(words, run.err.c_str());
    };
    const std::string good = pack("good", "E1");
    fails(78, {"--rules", pack("model", "E1", "models = [\"X\"]\n"), "--history", folder},
          "the catalogue has no model 'X', only");
    fails(78, {"--rules", pack("code", "E7"), "--history", folder}, "E7");
    fails(78, {"--rules", good, "--against", world.path("none.toml"), "--history", folder},
          "none.toml");
    fails(65, {"--rules", good, "--history", world.path("nowhere")},
          "no such trace folder or database");
    fails(64, {"--rules", good}, "--history FOLDER or --db FILE");
    fails(64, {"--rules", good, "--history", folder, "--warm-up", "soon"}, "--warm-up");
    const std::string text = world.file("text.db", "this is no database at all, only some words");
    CHECK(world.run({"rules", "backtest", "--rules", good, "--db", text}).exit_code != 0);
}
