#include "common/time_text.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace aftercare {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// Reads exactly `count` digits at `at`; -1 when they are not all digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

tl::unexpected<Error> bad_time(std::string_view text) {
    return fail(Errc::invalid,
                "'" + std::string(text.substr(0, 40)) +
                    "' is not a time: expected RFC 3339 such as 2026-01-31T07:05:09Z");
}

struct Unit {
    std::string_view name;
    std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::string format_rfc3339(WallTime at) {
    const auto ms = at.time_since_epoch();
    const auto whole_days = std::chrono::floor<days>(ms);
    const year_month_day date{sys_days{whole_days}};
    const auto of_day = ms - whole_days;
    const auto total_s = std::chrono::floor<std::chrono::seconds>(of_day).count();
    char buffer[48];
    int length = std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d",
                               static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                               static_cast<unsigned>(date.day()), static_cast<int>(total_s / 3600),
                               static_cast<int>(total_s / 60 % 60), static_cast<int>(total_s % 60));
    const auto fraction = static_cast<int>((of_day % std::chrono::seconds{1}).count());
    std::string text(buffer, static_cast<std::size_t>(length));
    if (fraction != 0) {
        length = std::snprintf(buffer, sizeof buffer, ".%03d", fraction);
        text.append(buffer, static_cast<std::size_t>(length));
    }
    return text + "Z";
}

std::string format_date(std::chrono::sys_days at) {
    const year_month_day date{at};
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return buffer;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
    const int y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || y < 0 || m < 0 || d < 0) {
        return std::nullopt;
    }
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                              day{static_cast<unsigned>(d)}};
    return date.ok() ? std::optional{sys_days{date}} : std::nullopt;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    const int y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
    const int h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
    if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0 || s < 0) return bad_time(text);
    const bool marks = text[4] == '-' && text[7] == '-' &&
                       (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' &&
                       text[16] == ':';
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                              day{static_cast<unsigned>(d)}};
    if (!marks || !date.ok() || h > 23 || mi > 59 || s > 60) return bad_time(text);
    std::size_t at = 19;
    int fraction = 0;
    if (at < text.size() && text[at] == '.') {
        int scale = 100;
        std::size_t count = 0;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++count) {
            fraction += (text[at] - '0') * scale;
            scale /= 10;
        }
        if (count == 0 || count > 9) return bad_time(text);
    }
    int offset_min = 0;
    const std::string_view zone = text.substr(at);
    if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
        const int oh = digits(zone, 1, 2), om = digits(zone, 4, 2);
        if (oh < 0 || oh > 23 || om < 0 || om > 59) return bad_time(text);
        offset_min = (oh * 60 + om) * (zone[0] == '-' ? -1 : 1);
    } else if (zone != "Z" && zone != "z") {
        return bad_time(text);
    }
    const auto day_ms = std::chrono::duration_cast<milliseconds>(sys_days{date}.time_since_epoch());
    return WallTime{day_ms +
                    milliseconds{((h * 60 + mi - offset_min) * 60LL + s) * 1000LL + fraction}};
}

Result<milliseconds> parse_duration(std::string_view text) {
    const auto bad = [&] {
        return fail(Errc::invalid,
                    "'" + std::string(text.substr(0, 40)) +
                        "' is not a duration: expected forms such as 90s, 15m, 48h or 30d");
    };
    constexpr std::int64_t kLongestMs = 100LL * 366 * 86'400'000;
    std::int64_t total = 0;
    std::string_view rest = text;
    if (rest.empty()) return bad();
    while (!rest.empty()) {
        std::int64_t count = 0;
        const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (ec != std::errc{} || count < 0) return bad();
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const Unit* unit = nullptr;
        for (const Unit& candidate : kUnits) {
            if (rest.starts_with(candidate.name) &&
                (!unit || candidate.name.size() > unit->name.size())) {
                unit = &candidate;
            }
        }
        if (!unit || count > kLongestMs / unit->ms) return bad();
        total += count * unit->ms;
        rest.remove_prefix(unit->name.size());
        if (total > kLongestMs) return bad();
    }
    return milliseconds{total};
}

std::string format_duration(milliseconds span) {
    std::int64_t rest = span.count();
    if (rest == 0) return "0s";
    std::string text = rest < 0 ? "-" : "";
    rest = rest < 0 ? -rest : rest;
    for (const Unit& unit : kUnits) {
        // Whole days only when nothing is left over: "48h" and "30d" both read as people write
        // them.
        if (unit.name == "d" && (rest % unit.ms != 0 || rest < 4 * unit.ms)) continue;
        if (rest >= unit.ms) {
            text += std::to_string(rest / unit.ms) + std::string(unit.name);
            rest %= unit.ms;
        }
    }
    return text;
}

}  // namespace aftercare
