#include <algorithm>

#include "common/rng.hpp"
#include "tests/unit/collector_sla/hours.hpp"

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr milliseconds kMinute{60'000};

SlaTerms promise(const Calendar& calendar, double first_response_h, double resolution_h) {
    return {.id = "t",
            .policy = "p",
            .first_response = hours_ms(first_response_h),
            .resolution = hours_ms(resolution_h),
            .calendar = calendar};
}

/// "first_response at risk 2026-…; resolution breached 2026-…"
std::string told(SlaClock& clock, WallTime now) {
    std::string text;
    for (const SlaNews& news : tell(clock, now)) {
        if (!text.empty()) text += "; ";
        text += news.target == SlaTarget::resolution ? "resolution" : "first_response";
        text += news.breach ? " breached " : " at risk ";
        text += format_rfc3339(news.at);
    }
    return text;
}

}  // namespace

TEST_GROUP(SlaClock) {
    const SlaTerms terms = promise(office(), 2, 8);
    const WallTime opened_at = at("2026-11-23T09:00:00+01:00");
    SlaClock clock;
    void setup() override {
        run_clock(clock, terms, opened_at);
    }
};

TEST(SlaClock, warns_before_it_breaks_and_tells_each_once) {
    // Four fifths of 2 h are 96 min, of 8 h 384 min: 3 h + 3 h 24 min, 16:24.
    STRCMP_EQUAL("", told(clock, at("2026-11-23T10:35:59.999+01:00")).c_str());
    STRCMP_EQUAL("first_response at risk 2026-11-23T09:36:00Z",
                 told(clock, at("2026-11-23T10:36:00+01:00")).c_str());
    STRCMP_EQUAL("", told(clock, at("2026-11-23T11:00:00+01:00")).c_str());
    STRCMP_EQUAL("first_response breached 2026-11-23T10:00:00Z",
                 told(clock, at("2026-11-23T11:00:00.001+01:00")).c_str());
    STRCMP_EQUAL(
        "resolution at risk 2026-11-23T15:24:00Z; resolution breached 2026-11-24T09:00:00Z",
        told(clock, at("2026-12-01T00:00:00Z")).c_str());
    STRCMP_EQUAL("", told(clock, at("2027-12-01T00:00:00Z")).c_str());
    CHECK_TRUE(next_news_at(clock) == WallTime::max());
}

TEST(SlaClock, knows_when_it_has_something_to_tell) {
    CHECK_TRUE(next_news_at(clock) == at("2026-11-23T10:36:00+01:00"));
    tell(clock, next_news_at(clock));
    CHECK_TRUE(next_news_at(clock) == at("2026-11-23T11:00:00.001+01:00"));
    answer_clock(clock, terms, at("2026-11-23T11:00:00+01:00"));
    CHECK_TRUE(next_news_at(clock) == at("2026-11-23T16:24:00+01:00"));
    pause_clock(clock, terms, at("2026-11-23T12:00:00+01:00"));
    CHECK_TRUE(next_news_at(clock) == WallTime::max());
    STRCMP_EQUAL("", told(clock, at("2026-12-01T00:00:00Z")).c_str());
}

TEST(SlaClock, is_in_time_on_the_stroke) {
    const WallTime stroke = at("2026-11-23T11:00:00+01:00");
    tell(clock, stroke);
    answer_clock(clock, terms, stroke);
    CHECK_FALSE(clock.first_response.breached);
    LONGS_EQUAL(0,
                remaining(clock, terms, SlaTarget::first_response, stroke + hours_ms(1)).count());
}

TEST(SlaClock, says_what_is_left_of_the_working_time) {
    const auto left_min = [&](const char* now) {
        return remaining(clock, terms, SlaTarget::resolution, at(now)).count() / 60'000;
    };
    LONGS_EQUAL(300, left_min("2026-11-23T12:30:00+01:00"));  // 8 h - 3 h
    LONGS_EQUAL(-60, left_min("2026-11-24T11:00:00+01:00"));  // 8 h - 7 h - 2 h
    pause_clock(clock, terms, at("2026-11-23T14:00:00+01:00"));
    LONGS_EQUAL(240, left_min("2026-11-30T14:00:00+01:00"));  // paused after 4 h
}

TEST(SlaClock, takes_nothing_back_for_a_time_before_the_last_change) {
    pause_clock(clock, terms, at("2026-11-23T11:00:00+01:00"));
    run_clock(clock, terms, at("2026-11-23T14:00:00+01:00"));
    end_clock(clock, terms, at("2026-11-23T10:00:00+01:00"));  // a desk's clock that is late
    LONGS_EQUAL(120, clock.resolution.spent.count() / 60'000);
}

TEST(SlaClock, warns_and_breaks_anew_by_terms_that_leave_time) {
    told(clock, at("2026-11-23T14:00:00+01:00"));
    CHECK_TRUE(clock.first_response.breached);
    const SlaTerms wider = promise(office(), 10, 10);  // 4 h of 10 h are spent
    change_terms(clock, terms, wider, at("2026-11-23T14:00:00+01:00"));
    STRCMP_EQUAL(
        "first_response at risk 2026-11-24T09:00:00Z; resolution at risk 2026-11-24T09:00:00Z",
        told(clock, at("2026-11-24T12:00:00+01:00")).c_str());
}

// The same question answered the slow way: minute after minute, by std::chrono's own calendar.
TEST(SlaClock, equals_a_count_of_minutes) {
    Rng rng{20261122};
    const auto serves = [](const Calendar& calendar, WallTime now) {
        int offset_min = 0;
        for (const OffsetChange& change : calendar.offsets) {
            if (change.at <= now) offset_min = change.offset_min;
        }
        using namespace std::chrono;
        const sys_time<milliseconds> local{now.time_since_epoch() + minutes{offset_min}};
        const auto day = floor<days>(local);
        const std::string date = format_rfc3339(WallTime{day.time_since_epoch()}).substr(0, 10);
        const auto& holidays = calendar.holidays;
        if (std::find(holidays.begin(), holidays.end(), date) != holidays.end()) return false;
        const auto minute = (local - day) / kMinute;
        const auto& hours = calendar.week[weekday{day}.iso_encoding() - 1];
        return std::any_of(hours.begin(), hours.end(), [&](const DayInterval& one) {
            return minute >= one.from_min && minute < one.to_min;
        });
    };
    for (int round = 0; round < 60; ++round) {
        const bool south = rng.chance(0.3);
        const Calendar calendar =
            hours({{60, 150}, {170, 720}, {780, 1020}}, rng.chance(0.5) ? 7 : 5,
                  south ? sydney() : berlin(), {"2026-03-30", "2026-04-05", "2026-10-26"});
        const SlaTerms slow = promise(calendar, 1, 20);
        WallTime now = at(rng.chance(0.5) ? "2026-03-27T00:00:00Z" : "2026-10-01T00:00:00Z") +
                       kMinute * static_cast<std::int64_t>(rng.below(4'000));
        SlaClock fast;
        run_clock(fast, slow, now);
        bool running = true;
        std::int64_t counted = 0;
        for (int minute = 0; minute < 6'000; ++minute, now += kMinute) {
            if (rng.chance(0.002)) {
                if (running) {
                    pause_clock(fast, slow, now);
                } else {
                    run_clock(fast, slow, now);
                }
                running = !running;
            }
            if (running && serves(calendar, now)) ++counted;
        }
        const milliseconds left = remaining(fast, slow, SlaTarget::resolution, now);
        LONGS_EQUAL(counted, (slow.resolution - left) / kMinute);
    }
}
