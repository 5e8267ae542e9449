#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(RankCommand) {
    CliWorld world;

    static std::string day(int number) {
        return "2026-03-" + std::string(number < 10 ? "0" : "") + std::to_string(number);
    }

    /// 100 devices, 28 days. d1 … d10 wear for four days and fail on days 8 … 26; on the last day
    /// d99 has worn for three days.
    std::string fleet() const {
        const std::string folder = world.path("fleet");
        std::filesystem::create_directory(folder);
        std::string devices = "device_id,model\n", readings = "at,device_id,wear\n",
                    outcomes = "at,device_id,component,result\n";
        for (int d = 0; d < 100; ++d) {
            const std::string id = "d" + std::to_string(d);
            devices += id + ",M1\n";
            const int fails = d >= 1 && d <= 10 ? 6 + 2 * d : 99;
            for (int today = 1; today <= 28 && today <= fails; ++today) {
                const int begins = d == 99 ? 26 : fails - 4;
                const int wear = today < begins ? 0 : 5 * (today - begins + 1);
                readings += day(today) + "T06:00:00Z," + id + "," + std::to_string(wear) + "\n";
            }
            if (fails < 99)
                outcomes += day(fails) + "T18:00:00Z," + id + ",pump,failure_repaired\n";
        }
        world.file("fleet/devices.csv", devices);
        world.file("fleet/readings.csv", readings);
        world.file("fleet/outcomes.csv", outcomes);
        return folder;
    }
};

TEST(RankCommand, lists_the_device_at_risk_first_and_says_why) {
    const CliRun run =
        world.run({"rules", "rank", "--history", fleet(), "--budget", "2%", "--json"});
    LONGS_EQUAL(0, run.exit_code);
    const auto json = nlohmann::json::parse(run.out);
    CHECK_EQUAL(std::string("2026-03-28"), json["day"].get<std::string>());
    CHECK_EQUAL(10, json["failures_learned_from"].get<int>());
    CHECK_EQUAL(std::string("d99"), json["devices"][0]["device_id"].get<std::string>());
    CHECK(json["devices"][0]["risk_ratio"].get<double>() > 0.3);
    STRCMP_CONTAINS("wear", json["devices"][0]["reasons"][0]["words"].get<std::string>().c_str());
    const CliRun csv = world.run({"rules", "rank", "--history", fleet(), "--csv"});
    STRCMP_CONTAINS("\n2026-03-28,d99,M1,", csv.out.c_str());
    const CliRun table = world.run({"rules", "rank", "--history", fleet()});
    STRCMP_CONTAINS("wear", table.out.c_str());
    STRCMP_CONTAINS("learned from 10 failures", table.err.c_str());
}

TEST(RankCommand, prints_what_the_risk_is_made_of_and_how_good_it_was) {
    const CliRun weights = world.run({"rules", "rank", "--history", fleet(), "--weights"});
    STRCMP_CONTAINS("wear above 0", weights.out.c_str());
    // Five days are left, and each of the five stretches needs two.
    const CliRun judged = world.run(
        {"rules", "rank", "--history", fleet(), "--judge", "--learn-first", "85%", "--json"});
    LONGS_EQUAL(65, judged.exit_code);
    STRCMP_CONTAINS("too few days to judge", judged.err.c_str());
}

TEST(RankCommand, refuses_what_it_cannot_answer) {
    const std::string folder = fleet();
    const auto run = [&](const std::string& option, const std::string& value) {
        return world.run({"rules", "rank", "--history", folder, option, value});
    };
    LONGS_EQUAL(64, run("--budget", "none").exit_code);
    LONGS_EQUAL(64, run("--horizon", "90m").exit_code);
    const CliRun early = run("--at", "2026-03-12");
    LONGS_EQUAL(65, early.exit_code);
    STRCMP_CONTAINS("too little to rank by: 3 failures", early.err.c_str());
    const CliRun later = run("--at", "2026-04-12");
    LONGS_EQUAL(65, later.exit_code);
    STRCMP_CONTAINS("no device sent a reading on 2026-04-12", later.err.c_str());
}
