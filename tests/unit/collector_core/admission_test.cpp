#include <algorithm>
#include <map>
#include <set>

#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Admission) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }

    Report readings(std::size_t count) {
        const WallTime at = station.now().wall;
        std::vector<Record> records;
        for (std::size_t i = 0; i < count; ++i) records.push_back(appliance.reading(at));
        return appliance.report(at, std::move(records));
    }
    Totals totals() {
        return station.engine().statistics().totals;
    }
    std::uint64_t refused(RefusalReason reason) {
        return totals().refused[static_cast<std::size_t>(reason)];
    }
    Seq mark(std::uint64_t stream = 7, Lane lane = Lane::bulk) {
        return station.tables().streams.at({1, stream}).high_water[index(lane)];
    }
};

TEST(Admission, stores_raw_reports_with_what_was_applied_of_them) {
    const Report first = readings(3);
    station.send(first);
    station.commit();
    Report overlapping = readings(2);
    overlapping.records.insert(overlapping.records.begin(), first.records.back());
    overlapping.header.first_seq = 3;
    station.send(overlapping);
    station.commit();
    const auto& raw = station.tables().raw;
    LONGS_EQUAL(2, raw.size());
    UNSIGNED_LONGS_EQUAL(4, raw[1].first_seq);
    UNSIGNED_LONGS_EQUAL(5, raw[1].last_seq);
    UNSIGNED_LONGS_EQUAL(2, raw[1].record_count);
    UNSIGNED_LONGS_EQUAL(5, totals().records);
    UNSIGNED_LONGS_EQUAL(1, totals().duplicate_records);
}

TEST(Admission, puts_reports_that_overtook_each_other_into_order) {
    const Report a = readings(2);
    const Report b = readings(2);
    const Report c = readings(2);
    station.send(c);
    station.send(b);
    station.commit();
    LONGS_EQUAL(0, station.tables().raw.size());
    LONGS_EQUAL(2, station.engine().statistics().reorder_report_count);
    station.send(a);
    station.commit();
    LONGS_EQUAL(3, station.tables().raw.size());
    UNSIGNED_LONGS_EQUAL(5, station.tables().raw[2].first_seq);
    LONGS_EQUAL(0, station.engine().statistics().reorder_report_count);
}

TEST(Admission, declares_evicted_records_lost) {
    station.send(readings(2));
    readings(3);  // 3..5, evicted before they were sent
    Report after = readings(1);
    after.records[0].gap_before = 3;
    station.send(after);
    station.commit();
    LONGS_EQUAL(1, station.tables().gaps.size());
    const GapRow& gap = station.tables().gaps.begin()->second;
    UNSIGNED_LONGS_EQUAL(3, gap.first_seq);
    UNSIGNED_LONGS_EQUAL(5, gap.last_seq);
    UNSIGNED_LONGS_EQUAL(3, totals().gap_records);
    UNSIGNED_LONGS_EQUAL(0, station.engine().statistics().forgotten_records);
}

TEST(Admission, declares_a_lane_lost_to_its_end_by_a_report_of_no_records) {
    station.send(readings(2));
    station.commit();
    appliance.next_seq[index(Lane::bulk)] = 6;
    station.send(appliance.lost_end(at_h(1)));
    Sent sent = station.commit_at(at_h(1));
    LONGS_EQUAL(1, sent.acks.size());
    UNSIGNED_LONGS_EQUAL(5, sent.acks[0].second.through[index(Lane::bulk)]);
    UNSIGNED_LONGS_EQUAL(5, mark());
    LONGS_EQUAL(1, station.tables().gaps.size());
    const GapRow& gap = station.tables().gaps.begin()->second;
    UNSIGNED_LONGS_EQUAL(3, gap.first_seq);
    UNSIGNED_LONGS_EQUAL(5, gap.last_seq);
    LONGS_EQUAL(1, station.tables().raw.size());

    station.restart();
    station.send(appliance.lost_end(at_h(2)));  // once more, as if the answer had not come
    sent = station.commit_at(at_h(2));
    LONGS_EQUAL(1, sent.acks.size());
    station.send(readings(1));
    station.commit();
    UNSIGNED_LONGS_EQUAL(6, mark());
    LONGS_EQUAL(1, station.tables().gaps.size());
    LONGS_EQUAL(0, station.tables().quarantine.size());
}

TEST(Admission, what_waits_goes_before_a_lost_end) {
    readings(2);
    station.send(readings(2));  // 3 and 4 wait for 1 and 2
    station.commit();
    LONGS_EQUAL(0, station.tables().raw.size());
    appliance.next_seq[index(Lane::bulk)] = 8;
    station.send(appliance.lost_end(at_h(1)));
    station.commit_at(at_h(1));
    UNSIGNED_LONGS_EQUAL(7, mark());
    UNSIGNED_LONGS_EQUAL(2, totals().records);
    UNSIGNED_LONGS_EQUAL(2 + 3, totals().gap_records);
    LONGS_EQUAL(2, station.tables().gaps.size());
}

TEST(Admission, a_report_of_no_records_that_makes_no_sense_is_refused) {
    appliance.boot = 2;
    station.send(readings(2));
    station.commit();
    const auto refuses = [&](RefusalReason reason, Report report) {
        const std::uint64_t before = refused(reason);
        Commit commit;  // past the codec, which refuses the first two as well
        station.engine().on_report("brand", "wm-1", report, "x", station.now(), commit);
        UNSIGNED_LONGS_EQUAL(before + 1, refused(reason));
    };
    Report holds_older = appliance.lost_end(at_h(1));
    holds_older.header.oldest_seq = 1;
    refuses(RefusalReason::bad_seq, holds_older);
    Report loses_nothing = appliance.lost_end(at_h(1));
    loses_nothing.header.first_seq = loses_nothing.header.oldest_seq = 1;
    refuses(RefusalReason::bad_seq, loses_nothing);
    Report far = appliance.lost_end(at_h(1));
    far.header.first_seq = far.header.oldest_seq = Seq{1} << 53;  // more than 2^32 ahead
    refuses(RefusalReason::bad_seq, far);
    Report clone = appliance.lost_end(at_h(1));
    clone.header.first_seq = clone.header.oldest_seq = 9;
    clone.header.boot = 1;
    refuses(RefusalReason::identity_conflict, clone);
}

TEST(Admission, accepts_a_device_that_is_ahead_of_a_restored_database) {
    const MemoryStore backup = station.store;
    for (int i = 0; i < 5; ++i) station.send(readings(2));
    station.commit();  // 1..10, acknowledged: the device frees them
    station.store = backup;
    station.restart();
    appliance.oldest_seq[index(Lane::bulk)] = 11;
    station.send(readings(1));
    station.commit();
    UNSIGNED_LONGS_EQUAL(11, mark());
    UNSIGNED_LONGS_EQUAL(10, totals().gap_records);
    UNSIGNED_LONGS_EQUAL(10, station.engine().statistics().forgotten_records);
}

TEST(Admission, keeps_lanes_apart) {
    const WallTime at = station.now().wall;
    station.send(readings(1));
    station.send(appliance.report(at, {appliance.fault(at, 99)}));
    station.commit();
    UNSIGNED_LONGS_EQUAL(1, mark(7, Lane::urgent));
    UNSIGNED_LONGS_EQUAL(1, mark(7, Lane::bulk));
    LONGS_EQUAL(1, station.tables().faults.size());
}

TEST(Admission, a_factory_reset_begins_a_new_stream) {
    station.send(readings(2));
    appliance.stream = 8;
    appliance.next_seq = {1, 1};
    station.send(readings(1));
    station.commit();
    UNSIGNED_LONGS_EQUAL(2, mark(7));
    UNSIGNED_LONGS_EQUAL(1, mark(8));
    LONGS_EQUAL(3, station.tables().raw[0].record_count + station.tables().raw[1].record_count);
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().streams_begun);
    UNSIGNED_LONGS_EQUAL(0, station.engine().statistics().streams_parked);
}

// Late reports of the stream before a reset still count; of those before it only marks are kept.
TEST(Admission, a_stale_stream_keeps_its_marks_and_its_place) {
    for (std::uint64_t stream = 7; stream <= 10; ++stream) {
        appliance.stream = stream;
        appliance.next_seq = {1, 1};
        station.go_to(at_h(static_cast<double>(stream)));
        station.send(readings(2));
        station.commit();
    }
    UNSIGNED_LONGS_EQUAL(4, station.engine().statistics().streams_begun);
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().streams_parked);
    appliance.stream = 7;
    appliance.next_seq = {1, 1};
    station.send(readings(3));
    LONGS_EQUAL(1, station.commit().acks.size());
    UNSIGNED_LONGS_EQUAL(3, mark(7));
    UNSIGNED_LONGS_EQUAL(2, totals().duplicate_records);
}

TEST(Admission, a_wait_that_overflows_is_counted_and_not_acknowledged) {
    readings(1);  // never sent
    for (int i = 0; i < 20; ++i) station.send(readings(1));
    const Sent sent = station.commit();
    LONGS_EQUAL(0, sent.acks.size());
    LONGS_EQUAL(16, station.engine().statistics().reorder_report_count);
    LONGS_EQUAL(4, station.engine().statistics().reorder_overflow_count);
}

TEST(Admission, seqs_that_jump_about_harm_nobody) {
    station.send(readings(1));
    station.commit();
    for (const Seq seq : {Seq{1} << 52, Seq{1} << 60, Seq{5}, Seq{1} << 40}) {
        appliance.next_seq[index(Lane::bulk)] = seq;
        appliance.oldest_seq[index(Lane::bulk)] = seq;
        station.send(readings(2));
        appliance.oldest_seq[index(Lane::bulk)] = 1;
    }
    station.commit();
    UNSIGNED_LONGS_EQUAL(3, refused(RefusalReason::bad_seq));  // all but 5 are absurd
    UNSIGNED_LONGS_EQUAL(6, mark());
    UNSIGNED_LONGS_EQUAL(3, totals().gap_records);  // 2..4: the device said it has nothing there
}

TEST(Admission, a_copied_device_is_noticed_by_another_record_under_a_known_seq) {
    Appliance clone = appliance;
    station.send(readings(3));
    station.commit_at(at_h(1));
    clone.booted_at = at_h(0.5);
    std::vector<Record> records;
    for (int i = 0; i < 4; ++i) records.push_back(clone.reading(at_h(2)));
    station.go_to(at_h(2));
    station.send(clone.report(at_h(2), std::move(records)));
    const Sent sent = station.commit();
    UNSIGNED_LONGS_EQUAL(1, refused(RefusalReason::identity_conflict));
    LONGS_EQUAL(0, sent.acks.size());  // it keeps its records
    UNSIGNED_LONGS_EQUAL(3, mark());
}

TEST(Admission, a_copied_device_is_noticed_by_a_boot_number_that_falls) {
    appliance.boot = 5;
    station.send(readings(3));
    appliance.boot = 4;
    station.send(readings(1));
    station.commit();
    UNSIGNED_LONGS_EQUAL(1, refused(RefusalReason::identity_conflict));
    UNSIGNED_LONGS_EQUAL(3, mark());
}

TEST(Admission, of_two_streams_that_take_turns_the_younger_is_refused) {
    Appliance other = appliance;
    other.stream = 8;
    std::uint64_t applied = 0;
    for (int i = 0; i < 40; ++i) {
        const WallTime at = at_h(0.1 * i);
        station.go_to(at);
        station.send(appliance.report(at, {appliance.reading(at)}));
        station.send(other.report(at, {other.reading(at)}));
        station.commit();
        applied += 1;
        UNSIGNED_LONGS_EQUAL(applied, mark(7));  // the older one always gets through
    }
    CHECK_TRUE(mark(8) >= 10 && mark(8) <= 12);  // 20 returns of either: ten each
    CHECK_TRUE(refused(RefusalReason::identity_conflict) >= 28);
    station.restart();
    station.send(other.report(at_h(4), {other.reading(at_h(4))}));
    CHECK_TRUE(station.commit_at(at_h(4)).acks.empty());
    // The older one falls silent: what the younger one kept comes in.
    const Seq held = mark(8) + 1;
    other.next_seq[index(Lane::bulk)] = held;
    station.go_to(at_h(4 + 8 * 24));
    station.send(other.report(at_h(100), {other.reading(at_h(100))}));
    LONGS_EQUAL(1, station.commit().acks.size());
    UNSIGNED_LONGS_EQUAL(held, mark(8));
}

TEST(Admission, a_late_message_of_the_stream_before_is_no_conflict) {
    const Report old_one = readings(1);
    const Report old_two = readings(1);
    station.send(old_one);
    Appliance fresh = appliance;
    fresh.stream = 8;
    fresh.next_seq = {1, 1};
    const WallTime at = station.now().wall;
    station.send(fresh.report(at, {fresh.reading(at)}));
    station.send(old_two);
    station.send(fresh.report(at, {fresh.reading(at)}));
    station.commit();
    UNSIGNED_LONGS_EQUAL(0, refused(RefusalReason::identity_conflict));
    UNSIGNED_LONGS_EQUAL(2, mark(7));
    UNSIGNED_LONGS_EQUAL(2, mark(8));
}

TEST(Admission, a_device_with_endless_streams_is_stopped) {
    for (std::uint64_t stream = 100; stream < 200; ++stream) {
        appliance.stream = stream;
        appliance.next_seq = {1, 1};
        station.send(readings(1));
    }
    station.commit();
    UNSIGNED_LONGS_EQUAL(64, totals().records);
    UNSIGNED_LONGS_EQUAL(36, refused(RefusalReason::identity_conflict));
}

TEST(Admission, hostile_numbers_harm_nobody) {
    station.enrol("good");
    Appliance good;
    good.id = "good";
    Rng rng{42};
    const auto hostile = [&](std::uint64_t usual) {
        switch (rng.below(6)) {
            case 0:
                return rng.next();
            case 1:
                return rng.next() >> rng.below(64);
            case 2:
                return std::uint64_t{0};
            default:
                return usual + rng.below(30);
        }
    };
    for (int round = 0; round < 3000; ++round) {
        const WallTime at = at_h(round * 0.1);
        station.go_to(at);
        Report report = appliance.report(at, {appliance.reading(at), appliance.reading(at)});
        report.header.stream_id = 1 + rng.below(4);
        report.header.lane = rng.chance(0.5) ? Lane::urgent : Lane::bulk;
        report.header.first_seq = hostile(1);
        report.header.oldest_seq = hostile(1);
        report.header.boot = static_cast<std::uint32_t>(hostile(1));
        report.header.uptime_ms = hostile(1000);
        report.header.wall_unix_ms = static_cast<std::int64_t>(hostile(kStartMs));
        Seq seq = report.header.first_seq;
        for (Record& record : report.records) {
            record.seq = seq++;
            record.boot = static_cast<std::uint32_t>(hostile(1));
            record.uptime_ms = hostile(1000);
            record.gap_before = static_cast<std::uint32_t>(rng.chance(0.7) ? 0 : hostile(1));
        }
        Commit commit;  // past the codec, which would have refused most of it
        station.engine().on_report("brand", "wm-1", report, "bytes", station.now(), commit);
        station.engine().on_tick(station.now(), commit);
        station.engine().finish(commit);
        CHECK_TRUE_TEXT(station.store.apply(commit).has_value(),
                        "the store finds no contradiction");
        if (round % 10 == 0) {
            station.send(good.report(at, {good.reading(at)}, true));
            LONGS_EQUAL(1, station.commit().acks.size());
        }
        if (round % 100 == 0) station.restart();
    }
    UNSIGNED_LONGS_EQUAL(300, station.tables().streams.at({2, 7}).high_water[index(Lane::bulk)]);
    CHECK_TRUE(refused(RefusalReason::bad_seq) > 500);
}
