// The writer remembers what it committed; nothing of that may be taken for the database's content
// once they differ.
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(CommitWriter) {
    ScratchDatabase database{"remembering"};
    std::unique_ptr<SqliteStore> store = database.open();

    void apply(const DeviceStateRow& row, Seq first_seq) {
        Commit commit;
        commit.devices = {row};
        add_report(commit, 1, first_seq, 5);
        CHECK_TRUE(store->apply(commit).has_value());
    }
    void check_sql(const char* expected, const std::string& query) {
        STRCMP_EQUAL(expected, database.sql(query).c_str());
    }
};

TEST(CommitWriter, sees_marks_that_another_connection_moved) {
    apply(device(1), 1);
    apply(device(1), 6);
    check_sql("2", "SELECT count(*) FROM raw_report");
    database.sql("UPDATE stream SET high_water_urgent = 1000, high_water_bulk = 1000");
    apply(device(1), 11);  // stored already, as the database has it
    check_sql("2", "SELECT count(*) FROM raw_report");
}

TEST(CommitWriter, forgets_the_marks_of_a_commit_that_was_rolled_back) {
    apply(device(1), 1);
    Commit refused;
    refused.devices = {device(1)};
    add_report(refused, 1, 6, 5);
    add_report(refused, 1, 6, 5);
    CHECK_FALSE(store->apply(refused).has_value());
    apply(device(1), 6);
    check_sql("2", "SELECT count(*) FROM raw_report");
}

TEST(CommitWriter, stores_device_data_when_it_changes_and_state_every_time) {
    DeviceStateRow row = device(1, "first");
    apply(row, 1);
    row.state = "second";
    row.info.last_seen_at = wall_from_unix_ms(1'767'225'600'000);
    apply(row, 6);
    check_sql("second", "SELECT CAST(state AS TEXT) FROM device");
    check_sql("1767225600000", "SELECT last_seen_at FROM device");
    row.info.firmware = "9.9.9";
    apply(row, 11);
    check_sql("9.9.9", "SELECT firmware FROM device");
    row.info.consent_purposes = 1;
    row.info.warranty_until = wall_from_unix_ms(1'800'000'000'000);
    apply(row, 16);
    check_sql("1", "SELECT consent_purposes FROM device");
    check_sql("1800000000000", "SELECT warranty_until FROM device");
}
