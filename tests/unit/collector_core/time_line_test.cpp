#include "collector/core/intake/time_line.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

// One hour is the unit of these tests; "now" is hour 1000 after 2026-01-01.
TEST_GROUP(TimeLine) {
    static constexpr std::int64_t kHour = 3'600'000;
    static constexpr std::int64_t kStart = 1'767'225'600'000;
    TimeLine line;

    static WallTime wall(double hour) {
        return wall_from_unix_ms(kStart + static_cast<std::int64_t>(hour * kHour));
    }
    static std::uint64_t up(double hours) {
        return static_cast<std::uint64_t>(hours * kHour);
    }
    static Record record(std::uint32_t boot, double uptime_h) {
        return {.seq = 1, .boot = boot, .uptime_ms = up(uptime_h)};
    }
    static Record clock_set(std::uint32_t boot, double uptime_h, WallTime at,
                            ClockQuality quality) {
        Record made = record(boot, uptime_h);
        made.body = Lifecycle{.kind = LifecycleKind::clock_set,
                              .wall_unix_ms = unix_ms(at),
                              .clock_quality = quality};
        return made;
    }
    /// Learns from a report of the urgent lane, then places its records; hours of the last one.
    Moment apply(std::uint32_t boot, double uptime_h, WallTime received,
                 std::vector<Record> records, ClockQuality quality = ClockQuality::unknown,
                 WallTime device_clock = {}, std::optional<WallTime> installed = {}) {
        Report report;
        report.header.boot = boot;
        report.header.uptime_ms = up(uptime_h);
        report.header.clock_quality = quality;
        report.header.wall_unix_ms = unix_ms(device_clock);
        report.records = std::move(records);
        line.learn(report, received, installed);
        Moment moment;
        for (const Record& one : report.records) {
            moment = line.place(Lane::urgent, one, received);
            moments.push_back(moment);
        }
        return moment;
    }
    std::vector<Moment> moments;
    static double hour(const Moment& moment) {
        return static_cast<double>(unix_ms(moment.at) - kStart) / kHour;
    }
};

TEST(TimeLine, a_synchronised_header_places_records_of_its_boot) {
    // Sent at hour 1000 by a device up for 10 h: it booted at 990. Arrival 2 h late does not
    // matter.
    const Moment m = apply(1, 10, wall(1002), {record(1, 4)}, ClockQuality::synced, wall(1000));
    DOUBLES_EQUAL(994, hour(m), 1e-9);
    LONGS_EQUAL(kSyncedErrorMs + 6 * 360, m.error_ms);  // 6 h of drift at 100 ppm: 2.16 s
}

TEST(TimeLine, without_a_clock_records_are_dated_back_from_arrival) {
    const Moment m = apply(1, 10, wall(1000), {record(1, 4)});
    DOUBLES_EQUAL(994, hour(m), 1e-9);
    CHECK_TRUE(m.error_ms >= kArrivalErrorMs);
}

TEST(TimeLine, the_earliest_arrival_counts) {
    apply(1, 10, wall(1005), {record(1, 10)});                   // five hours late: seems 1005
    const Moment m = apply(1, 20, wall(1010), {record(1, 20)});  // prompt: booted at 990
    DOUBLES_EQUAL(1010, hour(m), 1e-9);
    const Moment late = apply(1, 30, wall(1025), {record(1, 30)});  // late again: no worse for it
    DOUBLES_EQUAL(1020, hour(late), 1e-9);
}

TEST(TimeLine, a_late_sync_dates_the_records_before_it_in_the_same_report) {
    apply(1, 10, wall(1005), {record(1, 2), clock_set(1, 9, wall(999), ClockQuality::synced)});
    DOUBLES_EQUAL(992, hour(moments[0]), 1e-9);  // booted at 990 by the clock, not 995 by arrival
    DOUBLES_EQUAL(999, hour(moments[1]), 1e-9);
}

TEST(TimeLine, absurd_clocks_are_no_evidence) {
    for (const std::int64_t absurd_ms : {std::int64_t{86'400'000},            // 1970-01-02
                                         std::int64_t{946'684'800'000},       // 2000-01-01
                                         std::int64_t{4'102'444'800'000}}) {  // 2100-01-01
        line = TimeLine{};
        const Moment m =
            apply(1, 10, wall(1000),
                  {clock_set(1, 4, wall_from_unix_ms(absurd_ms), ClockQuality::synced)},
                  ClockQuality::synced, wall_from_unix_ms(absurd_ms));
        DOUBLES_EQUAL(994, hour(m), 1e-9);
    }
}

TEST(TimeLine, a_clock_set_by_hand_dates_a_boot_that_never_talked_itself) {
    // Boot 1 was offline; its owner set the clock. Boot 2 brings the records.
    const Moment m = apply(2, 1, wall(1000),
                           {clock_set(1, 5, wall(900), ClockQuality::set_by_user), record(1, 7)});
    DOUBLES_EQUAL(902, hour(m), 1e-9);
    CHECK_TRUE(m.error_ms >= kUserErrorMs);
}

TEST(TimeLine, a_clock_set_by_hand_never_dates_past_the_arrival) {
    const Moment m = apply(2, 1, wall(1000),
                           {clock_set(1, 5, wall(1005), ClockQuality::set_by_user), record(1, 9)});
    CHECK_TRUE(m.at <= wall(999));  // boot 2 began at 999
}

TEST(TimeLine, a_boot_between_two_known_ones_lies_between_them) {
    apply(1, 10, wall(910), {record(1, 10)}, ClockQuality::synced, wall(910));  // 900..910
    // Boot 3 runs since 999. Boot 2 lived at least 9 h between 910 and 999: start in [910, 990].
    apply(3, 1, wall(1000), {record(2, 1), record(2, 9)}, ClockQuality::synced, wall(1000));
    DOUBLES_EQUAL(951, hour(moments[1]), 1e-9);  // start 950
    LONGS_EQUAL(40 * kHour, moments[1].error_ms - moments[1].error_ms % kHour);
    DOUBLES_EQUAL(959, hour(moments[2]), 1e-9);
}

TEST(TimeLine, a_boot_with_nothing_before_it_ends_where_the_next_begins) {
    const Moment m = apply(2, 1, wall(1000), {record(1, 6)});
    DOUBLES_EQUAL(999, hour(m), 1e-9);
    CHECK_TRUE(m.error_ms >= kUnknownSpanMs);
}

TEST(TimeLine, a_boot_after_installation_lies_between_it_and_the_next) {
    // Installed at 900, boot 2 began at 999, boot 1 lived 9 h: start in [900, 990], middle 945.
    const Moment m = apply(2, 1, wall(1000), {record(1, 9)}, ClockQuality::unknown, {}, wall(900));
    DOUBLES_EQUAL(954, hour(m), 1e-9);
    LONGS_EQUAL(45, m.error_ms / kHour);
}

TEST(TimeLine, boots_in_sequence_stay_in_sequence) {
    apply(9, 1, wall(1000), {record(5, 3), record(6, 3), record(7, 3), record(8, 3)});
    for (std::size_t i = 1; i < moments.size(); ++i) CHECK_TRUE(moments[i - 1].at <= moments[i].at);
}

TEST(TimeLine, a_small_step_back_of_the_clock_holds_time_still) {
    apply(1, 10, wall(1000), {record(1, 10)}, ClockQuality::synced, wall(1000));
    // Half an hour later by uptime, but the new clock says only a quarter has passed.
    const Moment m =
        apply(1, 10.25, wall(1000.5), {record(1, 10.1)}, ClockQuality::synced, wall(1000.0));
    DOUBLES_EQUAL(1000, hour(m), 1e-9);  // 999.85 by the new clock, held at 1000
    CHECK_TRUE(m.error_ms >= kHour * 15 / 100);
}

TEST(TimeLine, a_large_step_back_is_believed) {
    apply(1, 10, wall(1000), {record(1, 10)}, ClockQuality::synced, wall(1000.9));
    const Moment m = apply(1, 11, wall(1001), {record(1, 11)}, ClockQuality::synced, wall(990));
    DOUBLES_EQUAL(990, hour(m), 1e-9);
}

TEST(TimeLine, an_uptime_of_32_bits_may_wrap) {
    constexpr double kWrapHours = 4'294'967'296.0 / kHour;  // 1193 h
    apply(1, 1190, wall(1190), {record(1, 1190)}, ClockQuality::synced, wall(1190));
    const Moment m = apply(1, 1200 - kWrapHours, wall(1200), {record(1, 1199 - kWrapHours)});
    DOUBLES_EQUAL(1199, hour(m), 1e-6);
}

TEST(TimeLine, a_firmware_that_does_not_count_its_boots_is_dated_by_each_of_them) {
    apply(1, 10, wall(100), {record(1, 10)});                 // booted at 90
    const Moment m = apply(1, 2, wall(300), {record(1, 1)});  // and again at 298
    DOUBLES_EQUAL(299, hour(m), 1e-9);
}

TEST(TimeLine, survives_being_stored) {
    apply(1, 10, wall(910), {record(1, 10)}, ClockQuality::synced, wall(910));
    apply(2, 10, wall(1000), {record(2, 4)});
    std::string bytes;
    ByteWriter out{bytes};
    line.encode(out, StoredTimes{wall(900)});
    TimeLine copy;
    ByteReader in{bytes};
    copy.decode(in, StoredTimes{wall(900)});
    CHECK_TRUE(in.ok() && in.at_end());
    const Moment a = line.place(Lane::urgent, record(2, 5), wall(1001));
    const Moment b = copy.place(Lane::urgent, record(2, 5), wall(1001));
    CHECK_TRUE(a.at == b.at && a.error_ms == b.error_ms);
}

TEST(TimeLine, remembers_a_bounded_number_of_boots) {
    for (std::uint32_t boot = 1; boot <= 1000; ++boot) {
        apply(boot, 1, wall(boot), {record(boot, 0.5)});
    }
    std::string bytes;
    ByteWriter out{bytes};
    line.encode(out, StoredTimes{wall(900)});
    CHECK_TRUE(bytes.size() <= 1 + kBootsMax * 24 + 2 * 24);
}
