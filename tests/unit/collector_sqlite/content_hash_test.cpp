#include "collector/io/sqlite/content_hash.hpp"

#include <array>

#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

std::uint64_t hash_of(const ScratchDatabase& database) {
    const auto hash = database_content_hash(database.path());
    if (!hash) FAIL(hash.error().message.c_str());
    return *hash;
}

Commit everything() {
    Commit commit;
    commit.devices = {device(1), device(2)};
    add_report(commit, 1, 1, 10, Lane::urgent);
    add_report(commit, 2, 1, 5);
    commit.gaps = {gap(1, 1, 3)};
    commit.faults = {fault(1, 3, 18, hour(3))};
    commit.tickets = {ticket("t1", 1, "m")};
    commit.events = {event("t1", 1, "opened", std::nullopt, TicketState::open)};
    commit.contacts = {contact("c1", "t1", 1, hour(1))};
    commit.outcomes = {outcome("o1", "t1", 1, hour(2))};
    refuse(commit, RefusalReason::bad_time, "x", hour(1));
    return commit;
}

}  // namespace

TEST_GROUP(ContentHash) {
    ScratchDatabase a{"hash-a"};
    ScratchDatabase b{"hash-b"};
};

TEST(ContentHash, is_equal_for_equal_content_in_another_order_of_arrival) {
    Commit forth;
    forth.devices = {device(1), device(2)};
    add_report(forth, 1, 1, 3);
    add_report(forth, 2, 1, 4);
    forth.faults = {fault(1, 2, 5, hour(1)), fault(2, 2, 6, hour(1))};
    Commit back = forth;
    std::swap(back.devices[0], back.devices[1]);
    std::swap(back.raw[0], back.raw[1]);
    std::swap(back.streams[0], back.streams[1]);
    std::swap(back.faults[0], back.faults[1]);
    CHECK(a.open()->apply(forth).has_value());
    CHECK(b.open()->apply(back).has_value());
    CHECK(a.sql("SELECT stream_id FROM stream WHERE stream_no = 1") !=
          b.sql("SELECT stream_id FROM stream WHERE stream_no = 1"));
    CHECK(hash_of(a) == hash_of(b));
}

TEST(ContentHash, does_not_depend_on_the_layout_of_the_file) {
    CHECK(a.open()->apply(everything()).has_value());
    const std::uint64_t before = hash_of(a);
    a.sql("VACUUM");
    CHECK(before == hash_of(a));
}

TEST(ContentHash, notices_a_change_in_any_table) {
    CHECK(a.open()->apply(everything()).has_value());
    constexpr std::array kChanges{
        "UPDATE totals SET records = records + 1",
        "UPDATE device SET state = x'00' WHERE device_no = 2",
        "UPDATE stream SET high_water_bulk = 9 WHERE device_no = 2",
        "UPDATE raw_report SET bytes = x'00' WHERE device_no = 2",
        "UPDATE fault SET code = 19",
        "UPDATE gap SET last_seq = 4",
        "UPDATE quarantine SET count = 2",
        "UPDATE quarantine_sample SET size_bytes = 4",
        "UPDATE ticket SET probability = 0.6250000000000001",
        "UPDATE ticket_event SET why = ''",
        "UPDATE contact SET note = 'n'",
        "UPDATE outcome SET failed_at = NULL",
        "DELETE FROM outcome_part WHERE no = 2",
        "INSERT INTO catalogue VALUES ('a', 1, 0, '')",
        "INSERT INTO rule_pack VALUES (1, 'a', 'a', 1, '', 0, NULL, '')",
        "INSERT INTO api_token VALUES (printf('%064d', 1), 'n', 'maker', 'acme', '', 0, NULL)",
    };
    std::uint64_t before = hash_of(a);
    for (const char* change : kChanges) {
        STRCMP_EQUAL("", a.sql(change).c_str());
        const std::uint64_t after = hash_of(a);
        CHECK_TEXT(before != after, change);
        before = after;
    }
}
