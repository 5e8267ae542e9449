#include <nlohmann/json.hpp>

#include "collector/cli/import_rows.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "tests/unit/collector_cli/cli_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(ImportRows){};

TEST(ImportRows, read_a_device_with_extra_columns_and_name_the_unused_ones) {
    const auto rows =
        read_import(ImportKind::devices,
                    "device_id,model,installed_at,colour,region,warranty_until\n"
                    "wm-1,WM 5000,2025-01-01T00:00:00Z,red,north,2027-01-01T00:00:00Z\n",
                    "acme");
    const DeviceInfo& info = std::get<RegisterDevice>(rows->items.at(0).command).info;
    STRCMP_EQUAL("acme", info.tenant.c_str());
    STRCMP_EQUAL("WM 5000", info.model.c_str());
    STRCMP_EQUAL("north", info.region.c_str());
    CHECK_TRUE(info.installed_at && info.warranty_until);
    LONGS_EQUAL(1, rows->ignored_columns.size());
    STRCMP_EQUAL("colour", rows->ignored_columns[0].c_str());
}

TEST(ImportRows, read_every_outcome_column) {
    const auto rows = read_import(
        ImportKind::outcomes,
        "at,device_id,component,result,id,tenant,visit_count,labour_min,failed_at,"
        "not_solvable_at_first_contact,note\n"
        "2026-01-02T03:04:05Z,wm-1,pump,confirmed_fixed,o-1,brand,2,45.5,2026-01-01T00:00:00Z,true,"
        "\"said \"\"hm\"\"\"\n",
        "acme");
    const Outcome& outcome = std::get<SubmitOutcome>(rows->items.at(0).command).outcome;
    STRCMP_EQUAL("o-1", outcome.id.c_str());
    STRCMP_EQUAL("brand", outcome.tenant.c_str());
    LONGS_EQUAL(2, outcome.visit_count);
    DOUBLES_EQUAL(45.5, outcome.labour_min, 0);
    CHECK_TRUE(outcome.failed_at.has_value() && outcome.not_solvable_at_first_contact);
    STRCMP_EQUAL("said \"hm\"", outcome.note.c_str());
}

TEST(ImportRows, refuse_a_bad_row_alone_with_its_line_and_column) {
    const auto rows = read_import(ImportKind::outcomes,
                                  "at,device_id,component,result,visit_count\n"
                                  "2026-01-01,wm-1,pump,confirmed_fixed,1\n"
                                  "2026-01-01T00:00:00Z,wm 1,pump,confirmed_fixed,1\n"
                                  "2026-01-01T00:00:00Z,wm-1,pump,fixed,1\n"
                                  "2026-01-01T00:00:00Z,wm-1,pump,confirmed_fixed,1.5\n"
                                  "2026-01-01T00:00:00Z,wm-1\n"
                                  "2026-01-01T00:00:00Z,wm-1,pump,confirmed_fixed,3\n",
                                  "acme");
    LONGS_EQUAL(1, rows->items.size());
    LONGS_EQUAL(7, rows->items[0].line);
    LONGS_EQUAL(5, rows->refused.size());
    const char* const kWhy[] = {"column at: ", "column device_id: \"wm 1\"",
                                "column result: \"fixed\" is not one of confirmed_fixed,",
                                "column visit_count: \"1.5\"", "2 cells where the header has 5"};
    for (std::size_t i = 0; i < 5; ++i) {
        LONGS_EQUAL(i + 2, rows->refused[i].line);
        STRCMP_CONTAINS(kWhy[i], rows->refused[i].why.c_str());
    }
}

TEST(ImportRows, a_missing_required_column_refuses_the_file) {
    const auto rows = read_import(ImportKind::outcomes, "at,device_id,component\n", "acme");
    STRCMP_CONTAINS("column result is missing", rows.error().message.c_str());
}

TEST_GROUP(Import) {
    CliWorld world;
    std::string db = world.path("a.db");
    std::string devices = world.file("devices.csv", "device_id,model\nwm-1,wm\nwm-2,wm\n");
    std::string outcomes = world.file("outcomes.csv",
                                      "at,device_id,component,result\n"
                                      "2025-01-02T00:00:00Z,wm-1,pump,failure_repaired\n"
                                      "2025-01-03T00:00:00Z,wm-9,pump,failure_repaired\n"
                                      "2025-01-04T00:00:00Z,wm-2,pump,broken\n");

    CliRun import_csv(const std::string& what, const std::string& file,
                      const std::string& tenant = "") {
        std::vector<std::string> arguments{"import", what, file, "--db", db, "--json"};
        if (!tenant.empty()) arguments.insert(arguments.end(), {"--tenant", tenant});
        return world.run(arguments);
    }
};

TEST(Import, takes_good_rows_and_names_the_bad_ones) {
    STRCMP_EQUAL("{\"created\":2,\"updated\":0,\"unchanged\":0,\"refused\":0}\n",
                 import_csv("devices", devices, "acme").out.c_str());
    const CliRun run = import_csv("outcomes", outcomes);  // the only tenant is known by now
    LONGS_EQUAL(65, run.exit_code);
    STRCMP_EQUAL("{\"created\":1,\"updated\":0,\"unchanged\":0,\"refused\":2}\n", run.out.c_str());
    STRCMP_CONTAINS("outcomes.csv:3: ", run.err.c_str());
    STRCMP_CONTAINS("wm-9", run.err.c_str());
    STRCMP_CONTAINS("outcomes.csv:4: column result", run.err.c_str());
}

TEST(Import, of_the_same_file_twice_changes_nothing) {
    import_csv("devices", devices, "acme");
    import_csv("outcomes", outcomes);
    STRCMP_EQUAL("{\"created\":0,\"updated\":0,\"unchanged\":1,\"refused\":2}\n",
                 import_csv("outcomes", outcomes).out.c_str());
}

TEST(Import, into_a_new_database_must_be_told_the_tenant) {
    const CliRun run = import_csv("devices", devices);
    LONGS_EQUAL(64, run.exit_code);
    STRCMP_CONTAINS("--tenant", run.err.c_str());
}

TEST(Import, into_a_database_that_a_collector_holds_says_how_to_go_on) {
    const auto held = SqliteStore::open(db);
    CHECK_TRUE(held.has_value());
    const CliRun run = import_csv("devices", devices, "acme");
    LONGS_EQUAL(74, run.exit_code);
    STRCMP_CONTAINS("--url", run.err.c_str());
    STRCMP_EQUAL("", run.out.c_str());
}

TEST(Import, a_missing_file_exits_74) {
    LONGS_EQUAL(74, import_csv("devices", world.path("none.csv"), "acme").exit_code);
}
