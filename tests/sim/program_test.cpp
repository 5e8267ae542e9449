// aftercare-sim as its users meet it: exit codes, what goes to stdout and what to stderr.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

TEST_GROUP(SimProgram) {
    test::ScratchDir folder{"sim_program"};
    int runs = 0;

    test::Finished sim(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), AFTERCARE_SIM);
        auto finished = test::run_program({.command = std::move(arguments),
                                           .log_dir = folder.path(),
                                           .name = "run" + std::to_string(++runs)},
                                          std::chrono::seconds{100});
        CHECK(finished.has_value());
        return std::move(*finished);
    }
    std::string scenario(const std::string& more) {
        const auto path = (folder / "s.toml").string();
        std::ofstream(path) << "catalogue = \"" AFTERCARE_SOURCE_DIR
                               "/deploy/catalogue/appliances.toml\"\n"
                               "rules = \"" AFTERCARE_SOURCE_DIR
                               "/deploy/rules/appliances.toml\"\n"
                               "days = 4\n[fleet]\ndevices = 4\n"
                            << more;
        return path;
    }
};

TEST(SimProgram, json_goes_to_stdout_with_the_promised_members) {
    const auto finished = sim({"run", scenario(""), "--seed", "42", "--json"});
    CHECK_EQUAL(0, finished.status.code);
    STRCMP_EQUAL("", finished.err.c_str());
    const auto json = nlohmann::json::parse(finished.out, nullptr, false);
    CHECK_EQUAL(42U, json["seed"].get<std::uint64_t>());
    CHECK_EQUAL(16U, json["trace_hash"].get<std::string>().size());
    CHECK(json["records"].get<std::uint64_t>() > 300);
    CHECK_EQUAL(0U, json["lost"].get<std::uint64_t>());
    CHECK_EQUAL(0U, json["duplicates"].get<std::uint64_t>());
    for (const char* member :
         {"precision", "recall", "median_lead_h", "f1", "tickets", "failures"}) {
        CHECK_TEXT(json["prediction"].contains(member), member);
    }
    CHECK(json["expect"].is_array());
}

TEST(SimProgram, one_seed_prints_one_result) {
    const auto path = scenario("[link]\nloss_ratio = 0.1\n");
    const auto hash = [&](const char* seed) {
        const auto json =
            nlohmann::json::parse(sim({"run", path, "--seed", seed, "--json"}).out, nullptr, false);
        return json["trace_hash"].get<std::string>() + json["database_hash"].get<std::string>();
    };
    const std::string first = hash("7");
    STRCMP_EQUAL(first.c_str(), hash("7").c_str());
    CHECK(first != hash("8"));
}

TEST(SimProgram, a_failed_expectation_exits_1_with_the_line_that_repeats_the_run) {
    const auto path = scenario("[expect]\nrecords = { max = 10 }\n");
    const auto junit = (folder / "result.xml").string();
    const auto finished = sim({"run", path, "--seed", "5", "--devices", "3", "--junit", junit});
    CHECK_EQUAL(1, finished.status.code);
    CHECK(finished.err.find("aftercare-sim run " + path + " --seed 5 --devices 3") !=
          std::string::npos);
    CHECK(finished.out.find("FAILED") != std::string::npos);
    std::ifstream stream(junit);
    const std::string xml((std::istreambuf_iterator<char>(stream)), {});
    CHECK(xml.find("tests=\"2\" failures=\"1\"") != std::string::npos);
}

TEST(SimProgram, a_scenario_mistake_names_file_line_key_and_what_is_allowed) {
    const auto path = scenario("wear_facto = 3\n[link]\nloss_ratio = 1.5\n");
    const auto finished = sim({"run", path});
    CHECK_EQUAL(78, finished.status.code);
    STRCMP_EQUAL("", finished.out.c_str());
    CHECK(finished.err.find(path + ":6:") != std::string::npos);
    CHECK(finished.err.find("wear_facto") != std::string::npos);
    CHECK(finished.err.find(path + ":8:") != std::string::npos);
    CHECK(finished.err.find("loss_ratio") != std::string::npos);
}

TEST(SimProgram, usage_data_and_configuration_have_their_own_exit_codes) {
    CHECK_EQUAL(64, sim({}).status.code);
    CHECK_EQUAL(64, sim({"run"}).status.code);
    CHECK_EQUAL(64, sim({"run", scenario(""), "--seed", "many"}).status.code);
    CHECK_EQUAL(78, sim({"run", (folder / "absent.toml").string()}).status.code);
    CHECK_EQUAL(64, sim({"replay", folder.path().string()}).status.code);
    CHECK_EQUAL(65, sim({"replay", folder.path().string(), "--rules",
                         AFTERCARE_SOURCE_DIR "/deploy/rules/azure_pdm.toml"})
                        .status.code);
    CHECK_EQUAL(0, sim({"--help"}).status.code);
    CHECK_EQUAL(0, sim({"--version"}).status.code);
}

TEST(SimProgram, a_database_is_kept_on_request_and_never_written_over_unasked) {
    const auto path = scenario("");
    const auto database = (folder / "out.db").string();
    CHECK_EQUAL(0, sim({"run", path, "--db", database}).status.code);
    CHECK(std::filesystem::file_size(database) > 0);
    const auto refused = sim({"run", path, "--db", database});
    CHECK_EQUAL(74, refused.status.code);
    CHECK(refused.err.find("--overwrite") != std::string::npos);
    CHECK_EQUAL(0, sim({"run", path, "--db", database, "--overwrite"}).status.code);
}

TEST(SimProgram, lists_the_devices_of_a_scenario) {
    const auto finished = sim({"devices", scenario("")});
    CHECK_EQUAL(0, finished.status.code);
    CHECK(finished.out.find("-0001") != std::string::npos);
}
