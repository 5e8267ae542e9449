#include "collector/core/sla/calendar.hpp"

#include <algorithm>

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 1440 * kMinuteMs;
/// A calendar that has no service time for this long never will.
constexpr std::int64_t kSearchMs = 36'525 * kDayMs;

/// Local milliseconds since 1970-01-01T00:00 local: a line of days without gaps within one offset.
using LocalMs = std::int64_t;

struct Day {
    std::int64_t index;   ///< days since 1970-01-01
    std::size_t weekday;  ///< Monday = 0
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

Day day_of(LocalMs local) {
    const std::int64_t index = floor_div(local, kDayMs);
    const std::int64_t since_monday = index + 3;  // 1970-01-01 was a Thursday
    return {index, static_cast<std::size_t>(since_monday - 7 * floor_div(since_monday, 7))};
}

std::string date_text(std::int64_t day_index) {
    return format_date(std::chrono::sys_days{std::chrono::days{day_index}});
}

/// Pre: a date that check_calendar takes.
std::int64_t day_index_of(const std::string& text) {
    const auto day = parse_date(text);
    AFTERCARE_ASSERT(day.has_value());
    return day->time_since_epoch().count();
}

/// Service time of a day before `in_day_ms`.
std::int64_t served_in_day(const std::vector<DayInterval>& day, std::int64_t in_day_ms) {
    std::int64_t served = 0;
    for (const DayInterval& interval : day) {
        const std::int64_t from = interval.from_min * kMinuteMs;
        const std::int64_t to = std::min(interval.to_min * kMinuteMs, in_day_ms);
        served += std::max<std::int64_t>(to - from, 0);
    }
    return served;
}

/// Service time since Monday 1969-12-29, holidays not yet taken out.
std::int64_t served_until(const Calendar& calendar, LocalMs local) {
    const Day day = day_of(local);
    std::int64_t week_ms = 0;
    std::int64_t before_today_ms = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        if (i == day.weekday) before_today_ms = week_ms;
        week_ms += served_in_day(calendar.week[i], kDayMs);
    }
    const std::int64_t today_ms =
        served_in_day(calendar.week[day.weekday], local - day.index * kDayMs);
    return floor_div(day.index + 3, 7) * week_ms + before_today_ms + today_ms;
}

std::int64_t served_on_holidays(const Calendar& calendar, LocalMs from, LocalMs to) {
    if (calendar.holidays.empty()) return 0;
    const std::string first = date_text(day_of(from).index);
    auto holiday = std::lower_bound(calendar.holidays.begin(), calendar.holidays.end(), first);
    const std::string last = date_text(day_of(to).index);
    std::int64_t served = 0;
    for (; holiday != calendar.holidays.end() && *holiday <= last; ++holiday) {
        const LocalMs begin = day_index_of(*holiday) * kDayMs;
        const auto& hours = calendar.week[day_of(begin).weekday];
        served += served_in_day(hours, std::min(to - begin, kDayMs)) -
                  served_in_day(hours, std::max<std::int64_t>(from - begin, 0));
    }
    return served;
}

std::int64_t served_local(const Calendar& calendar, LocalMs from, LocalMs to) {
    return served_until(calendar, to) - served_until(calendar, from) -
           served_on_holidays(calendar, from, to);
}

LocalMs local_of(const Calendar& calendar, WallTime at) {
    const auto& offsets = calendar.offsets;
    if (offsets.empty()) return unix_ms(at);
    const auto next =
        std::upper_bound(offsets.begin(), offsets.end(), at,
                         [](WallTime when, const OffsetChange& c) { return when < c.at; });
    const OffsetChange& current = next == offsets.begin() ? *next : *(next - 1);
    return unix_ms(at) + current.offset_min * kMinuteMs;
}

}  // namespace

milliseconds working_time(const Calendar& calendar, WallTime from, WallTime to) {
    if (to <= from) return milliseconds{0};
    if (calendar.offsets.empty()) {
        return milliseconds{served_local(calendar, unix_ms(from), unix_ms(to))};
    }
    // Each stretch of constant offset is a plain local time line: an hour that the clocks skip
    // belongs to none, an hour that they repeat belongs to two.
    const auto& offsets = calendar.offsets;
    auto next = std::upper_bound(offsets.begin(), offsets.end(), from,
                                 [](WallTime at, const OffsetChange& c) { return at < c.at; });
    std::int64_t served = 0;
    while (from < to) {
        const OffsetChange& current = next == offsets.begin() ? *next : *(next - 1);
        const WallTime end = next == offsets.end() ? to : std::min(next->at, to);
        const std::int64_t offset_ms = current.offset_min * kMinuteMs;
        served += served_local(calendar, unix_ms(from) + offset_ms, unix_ms(end) + offset_ms);
        from = end;
        if (next != offsets.end()) ++next;
    }
    return milliseconds{served};
}

WallTime add_working_time(const Calendar& calendar, WallTime from, milliseconds amount) {
    if (amount <= milliseconds{0}) return from;
    // working_time grows with its end, so the first moment that suffices is found by halving.
    std::int64_t low = 0;  // not enough
    std::int64_t high = amount.count();
    while (working_time(calendar, from, from + milliseconds{high}) < amount) {
        if (high > kSearchMs + amount.count()) return WallTime::max();
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (working_time(calendar, from, from + milliseconds{middle}) < amount ? low : high) = middle;
    }
    return from + milliseconds{high};
}

std::string local_date(const Calendar& calendar, WallTime at) {
    return date_text(day_of(local_of(calendar, at)).index);
}

std::string next_service_date(const Calendar& calendar, WallTime from) {
    constexpr std::int64_t kDaysAheadMax = 2 * 366;
    const LocalMs local = local_of(calendar, from);
    const std::int64_t today = day_of(local).index;
    for (std::int64_t day = today; day <= today + kDaysAheadMax; ++day) {
        const auto& hours = calendar.week[day_of(day * kDayMs).weekday];
        const bool over = hours.empty() || local - day * kDayMs >= hours.back().to_min * kMinuteMs;
        if (over) continue;
        std::string date = date_text(day);
        const auto& holidays = calendar.holidays;
        if (!std::binary_search(holidays.begin(), holidays.end(), date)) return date;
    }
    return date_text(today);
}

Status check_calendar(const Calendar& calendar) {
    static constexpr std::array<const char*, 7> kDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                      "Friday", "Saturday", "Sunday"};
    for (std::size_t i = 0; i < 7; ++i) {
        int last_min = 0;
        for (const DayInterval& interval : calendar.week[i]) {
            if (interval.from_min < last_min || interval.to_min <= interval.from_min ||
                interval.to_min > 1440) {
                return fail(Errc::invalid,
                            std::string(kDays[i]) +
                                ": service hours must be sorted, must not overlap and "
                                "must lie within 00:00-24:00; give hours that cross "
                                "midnight as two intervals");
            }
            last_min = interval.to_min;
        }
    }
    for (std::size_t i = 0; i < calendar.holidays.size(); ++i) {
        const std::string& date = calendar.holidays[i];
        if (!parse_date(date)) {
            return fail(Errc::invalid, "holiday \"" + date + "\": expected a date like 2026-12-25");
        }
        if (i > 0 && date <= calendar.holidays[i - 1]) {
            return fail(Errc::invalid, "holiday \"" + date + "\": dates must be sorted, each once");
        }
    }
    const auto by_time = [](const OffsetChange& a, const OffsetChange& b) { return a.at < b.at; };
    if (!std::is_sorted(calendar.offsets.begin(), calendar.offsets.end(), by_time)) {
        return fail(Errc::invalid, "offset changes of the time zone must be sorted by time");
    }
    return {};
}

}  // namespace aftercare::collector
