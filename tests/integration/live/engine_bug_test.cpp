// An engine that disagrees with its database must not go on as if nothing had happened.
#include <sqlite3.h>

#include "tests/integration/live/live_run.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_GROUP(EngineBug) {
    LiveRun fleet;
};

// Marks moved behind the engine's back stand for any disagreement between it and the database.
TEST(EngineBug, ends_the_collector_with_code_70_and_says_what_to_keep) {
    fleet.start({.devices = 5, .days = 20, .speed = 144'000});
    fleet.live_for(milliseconds{1'500});
    sqlite3* database = nullptr;
    sqlite3_open(fleet.collector().database().c_str(), &database);
    sqlite3_busy_timeout(database, 5'000);
    LONGS_EQUAL(SQLITE_OK, sqlite3_exec(database,
                                        "UPDATE stream SET high_water_bulk = high_water_bulk + 7 "
                                        "WHERE stream_no = 1",
                                        nullptr, nullptr, nullptr));
    sqlite3_close(database);
    const auto ended = fleet.collector().wait(seconds{20});
    CHECK_TEXT(ended.has_value(), ended ? "" : ended.error().message.c_str());
    LONGS_EQUAL(70, ended->code);
    STRCMP_CONTAINS("keep for the report", fleet.collector().err().c_str());
}
