// Reading while writing, and reading raw telemetry back.
#include <atomic>
#include <string>
#include <thread>

#include "collector/io/sqlite/raw_reader.hpp"
#include "tests/unit/collector_sqlite/database.hpp"
#include "tests/unit/collector_sqlite/telemetry.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(RawTelemetry) {
    ScratchDatabase database{"raw"};
};

TEST(RawTelemetry, comes_back_record_by_record_in_the_order_of_each_lane) {
    const auto store = database.open();
    Commit commit;
    commit.devices = {device(1), device(2)};
    // Arrives interleaved; seq 3 was lost on the device.
    add_wire_report(commit, 2, Lane::bulk, {1, 2});
    add_wire_report(commit, 1, Lane::urgent, {1, 2, 4});
    add_wire_report(commit, 2, Lane::bulk, {3});
    CHECK(store->apply(commit).has_value());
    Commit resend;
    // A resend that overlaps: seq 4 is stored already, 5 is new.
    add_wire_report(resend, 1, Lane::urgent, {4, 5}, 5);
    CHECK(store->apply(resend).has_value());
    std::string seen;
    const Status read = read_raw(database.path(), [&](const StoredRecord& stored) -> Status {
        seen += std::string(stored.device_id) + (stored.raw.lane == Lane::urgent ? "/u" : "/b") +
                std::to_string(stored.record.seq) + " ";
        CHECK(stored.raw.stream_id == kStream + stored.raw.device_no);
        CHECK(stored.tenant == "acme" && stored.raw.received_at == hour(1));
        CHECK(std::holds_alternative<Fault>(stored.record.body) ==
              (stored.raw.lane == Lane::urgent));
        return {};
    });
    CHECK(read.has_value());
    STRCMP_EQUAL("wm-1/u1 wm-1/u2 wm-1/u4 wm-1/u5 wm-2/b1 wm-2/b2 wm-2/b3 ", seen.c_str());
}

TEST(RawTelemetry, ends_with_the_visitors_error) {
    const auto store = database.open();
    Commit commit;
    commit.devices = {device(1)};
    add_wire_report(commit, 1, Lane::bulk, {1, 2, 3});
    CHECK(store->apply(commit).has_value());
    int visits = 0;
    const Status read = read_raw(database.path(), [&](const StoredRecord&) -> Status {
        if (++visits == 2) return fail(Errc::exhausted, "enough");
        return {};
    });
    CHECK(!read && read.error().code == Errc::exhausted);
    LONGS_EQUAL(2, visits);
}

TEST(RawTelemetry, that_cannot_be_decoded_is_an_error_not_silence) {
    const auto store = database.open();
    Commit commit;
    commit.devices = {device(1)};
    add_report(commit, 1, 1, 1);
    CHECK(store->apply(commit).has_value());
    const Status read = read_raw(database.path(), [](const StoredRecord&) -> Status { return {}; });
    CHECK(!read && read.error().code == Errc::corrupt);
    STRCMP_CONTAINS("wm-1", read.error().message.c_str());
}

TEST_GROUP(Readers) {
    ScratchDatabase database{"readers"};
};

TEST(Readers, see_whole_commits_only_while_a_collector_writes) {
    constexpr std::uint64_t kCommits = 150;
    const auto store = database.open();
    std::atomic<bool> writing{true};
    std::atomic<int> torn{0};
    std::atomic<int> read_count{0};
    const auto read = [&] {
        const auto queries = database.queries();
        while (writing.load()) {
            const auto counts = queries->counts();
            const auto rows = queries->kpi_rows();
            const auto page = queries->tickets({.limit = 1000});
            if (!counts || !rows || !page) {
                ++torn;
                continue;
            }
            // Each commit brings 3 records, one ticket and its opening.
            if (counts->raw_records != counts->totals.records) ++torn;
            if (counts->tickets * 3 != counts->raw_records) ++torn;
            if (rows->tickets.size() != rows->state_events.size()) ++torn;
            ++read_count;
        }
    };
    std::thread first(read);
    std::thread second(read);
    for (std::uint64_t k = 0; k < kCommits; ++k) {
        Commit commit;
        commit.devices = {device(1)};
        add_report(commit, 1, k * 3 + 1, 3);
        commit.totals.records = k * 3 + 3;
        const std::string id = "t" + std::to_string(k);
        commit.tickets = {ticket(id, 1, "mode-" + std::to_string(k))};
        commit.events = {event(id, 1, "opened", std::nullopt, TicketState::open)};
        CHECK(store->apply(commit).has_value());
    }
    while (read_count.load() < 4 && torn.load() == 0) std::this_thread::yield();
    writing = false;
    first.join();
    second.join();
    LONGS_EQUAL(0, torn.load());
    UNSIGNED_LONGS_EQUAL(kCommits, database.queries()->counts()->tickets);
}

TEST(Readers, page_through_tickets_that_are_added_meanwhile_without_repeats) {
    const auto store = database.open();
    const auto queries = database.queries();
    const auto open_one = [&](int k) {
        Commit commit;
        commit.devices = {device(1)};
        commit.tickets = {ticket("t" + std::to_string(1000 + k), 1, "m" + std::to_string(k),
                                 TicketState::open, hour(k))};
        CHECK(store->apply(commit).has_value());
    };
    for (int k = 0; k < 10; ++k) open_one(k);
    TicketFilter filter{.limit = 4};
    std::string seen;
    for (int k = 10;; ++k) {
        const auto page = queries->tickets(filter);
        for (const Ticket& t : page->items) seen += t.id + " ";
        if (page->next_cursor.empty()) break;
        filter.cursor = page->next_cursor;
        open_one(k);
    }
    STRCMP_EQUAL("t1009 t1008 t1007 t1006 t1005 t1004 t1003 t1002 t1001 t1000 ", seen.c_str());
}
