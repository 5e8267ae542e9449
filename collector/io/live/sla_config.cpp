#include "collector/io/live/sla_config.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "collector/io/live/centre_config.hpp"
#include "collector/io/text/ics.hpp"
#include "collector/io/text/time_zone.hpp"
#include "common/sorted.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};
constexpr std::string_view kWorkdays = "workdays";  // Monday to Friday
constexpr std::string_view kHoursForm = "expected hours such as \"09:00-12:00\"";

/// "09:30" in minutes; 24:00 ends a day.
std::optional<int> minute_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (const std::size_t i : {0, 1, 3, 4}) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    }
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    if (minute > 59 || hour * 60 + minute > 1440) return std::nullopt;
    return hour * 60 + minute;
}

std::vector<DayInterval> read_hours(TableReader& reader, std::string_view key) {
    std::vector<DayInterval> hours;
    const toml::node* given = reader.node(key);
    const toml::array* list = given == nullptr ? nullptr : given->as_array();
    if (list != nullptr && list->empty()) return hours;  // closed
    for (const std::string& text : reader.texts(key, Need::optional)) {
        const std::string_view view = text;
        const auto from = minute_of_day(view.substr(0, 5));
        const auto to = minute_of_day(view.substr(std::min<std::size_t>(view.size(), 6)));
        if (!from || !to || view.size() != 11 || view[5] != '-') {
            reader.mistake(key, "'" + text + "': " + std::string(kHoursForm));
            continue;
        }
        hours.push_back({*from, *to});
    }
    return hours;
}

void read_week(TableReader& reader, Calendar& calendar) {
    const std::vector<DayInterval> workday = read_hours(reader, kWorkdays);
    bool any = reader.has(kWorkdays);
    for (std::size_t day = 0; day < kDays.size(); ++day) {
        const bool own = reader.has(kDays[day]);
        const auto hours = read_hours(reader, kDays[day]);
        calendar.week[day] = own ? hours : day < 5 ? workday : std::vector<DayInterval>{};
        any = any || own;
    }
    if (!any) reader.mistake(kWorkdays, "no hours are given, for workdays or for a day");
}

/// Lists and file together, sorted.
std::vector<std::string> read_holidays(TableReader& reader, const std::string& config_file) {
    std::vector<std::string> dates = reader.texts("holidays", Need::optional);
    const std::string name = reader.text("holidays_ics", Need::optional);
    if (!name.empty()) {
        const std::string file = (std::filesystem::path(config_file).parent_path() / name).string();
        const auto text = read_text_file(file);
        auto more = text ? ics_dates(*text, file, kCalendarLastYear) : fail(text.error());
        if (more) {
            dates.insert(dates.end(), more->begin(), more->end());
        } else {
            reader.mistake("holidays_ics", more.error().message);
        }
    }
    sort_unique(dates);
    return dates;
}

void read_calendar(const toml::table& table, const std::string& config_file, Mistakes& mistakes,
                   SlaSettings& sla) {
    TableReader reader(table, "[[calendar]]", mistakes);
    const std::string name = reader.id("name");
    Calendar calendar;
    if (const std::string zone = reader.text("zone", Need::required); !zone.empty()) {
        auto offsets = zone_offsets(zone, kCalendarFirstYear, kCalendarLastYear);
        if (offsets) {
            calendar.offsets = std::move(*offsets);
        } else {
            reader.mistake("zone", offsets.error().message);
        }
    }
    read_week(reader, calendar);
    calendar.holidays = read_holidays(reader, config_file);
    if (const Status sound = check_calendar(calendar); !sound) {
        reader.mistake("name", sound.error().message);
    }
    if (name == kAlwaysOpen || sla.calendar(name) != nullptr) {
        reader.mistake("name", "there is a calendar '" + name + "' already");
    }
    sla.calendars.push_back({name, std::move(calendar)});
    reader.finish();
}

template <class Value>
std::vector<Value> read_names(TableReader& reader, std::string_view key,
                              std::optional<Value> (*parse)(std::string_view),
                              std::string_view allowed) {
    std::vector<Value> values;
    for (const std::string& text : reader.texts(key, Need::optional)) {
        if (const auto value = parse(text)) {
            values.push_back(*value);
        } else {
            reader.mistake(key, "'" + text + "' is unknown: allowed are " + std::string(allowed));
        }
    }
    return values;
}

milliseconds read_target(TableReader& reader, std::string_view key, milliseconds fallback) {
    const milliseconds target = reader.duration(key, Need::optional, fallback);
    if (target.count() < 1) reader.mistake(key, "allowed is at least 1ms");
    return target;
}

void read_policy(const toml::table& table, bool last, Mistakes& mistakes, SlaSettings& sla) {
    TableReader reader(table, "[[sla.policy]]", mistakes);
    SlaPolicy policy{.id = reader.id("id")};
    policy.severities =
        read_names(reader, "severity", &parse_severity, "info, minor, major, critical");
    policy.warranties = read_names(reader, "warranty", &parse_warranty_state,
                                   "unknown, in_warranty, out_of_warranty");
    policy.segments = reader.texts("segment", Need::optional);
    policy.first_response =
        read_target(reader, "first_response_target", sla.otherwise.first_response);
    policy.resolution = read_target(reader, "resolution_target", sla.otherwise.resolution);
    policy.at_risk_percent = static_cast<int>(
        reader.whole("at_risk_percent", Need::optional,
                     static_cast<std::uint32_t>(sla.otherwise.at_risk_percent), 1, 100));
    policy.calendar = reader.text("calendar", Need::optional);
    check_calendar_name(reader, "calendar", policy.calendar, sla);
    if (policy.fits_all() && !last) {
        reader.mistake("id", "has no conditions, so no policy below it is ever reached");
    }
    const bool twice = policy.id == sla.otherwise.id ||
                       std::any_of(sla.policies.begin(), sla.policies.end(),
                                   [&](const SlaPolicy& one) { return one.id == policy.id; });
    if (twice) reader.mistake("id", "there is a policy '" + policy.id + "' already");
    sla.policies.push_back(std::move(policy));
    reader.finish();
}

}  // namespace

void check_calendar_name(TableReader& reader, std::string_view key, const std::string& name,
                         const SlaSettings& sla) {
    if (name.empty() || name == kAlwaysOpen || sla.calendar(name) != nullptr) return;
    std::string allowed{kAlwaysOpen};
    for (const NamedCalendar& known : sla.calendars) allowed += ", " + known.name;
    reader.mistake(key, "there is no calendar '" + name + "': allowed are " + allowed);
}

void read_service_levels(const ServiceLevelTables& tables, const std::string& config_file,
                         Mistakes& mistakes, SlaSettings& sla, std::vector<CatalogueName>& names) {
    for (const toml::table* one : tables.calendars) {
        read_calendar(*one, config_file, mistakes, sla);
    }
    for (const toml::table* one : tables.centres) {
        read_centre(*one, tables.tenants, mistakes, sla, names);
    }
    for (std::size_t i = 0; i < tables.policies.size(); ++i) {
        read_policy(*tables.policies[i], i + 1 == tables.policies.size(), mistakes, sla);
    }
}

}  // namespace aftercare::collector
