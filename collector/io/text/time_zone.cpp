#include "collector/io/text/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace aftercare::collector {
namespace {

WallTime wall_time(date::sys_seconds at) {
    return wall_from_unix_ms(at.time_since_epoch().count() * 1000);
}

int offset_min(const date::sys_info& info) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(info.offset).count());
}

/// Null when there is none of this name; throws when there is no database at all.
const date::time_zone* find_zone(const std::string& name) {
    date::get_tzdb();
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

}  // namespace

Result<std::vector<OffsetChange>> zone_offsets(const std::string& zone, int first_year,
                                               int last_year) {
    if (first_year > last_year || first_year < 1900 || last_year > 2200) {
        return fail(Errc::invalid, "time zone years " + std::to_string(first_year) + ".." +
                                       std::to_string(last_year) + ": allowed are 1900..2200");
    }
    try {
        const date::time_zone* found = find_zone(zone);
        if (found == nullptr) {
            return fail(Errc::not_found,
                        "unknown time zone \"" + zone +
                            "\": expected an IANA name such as Europe/Berlin or UTC");
        }
        const date::sys_seconds begin = date::sys_days{date::year{first_year} / 1 / 1};
        const date::sys_seconds end = date::sys_days{date::year{last_year + 1} / 1 / 1};
        date::sys_info info = found->get_info(begin);
        std::vector<OffsetChange> changes{{WallTime::min(), offset_min(info)}};
        while (info.end < end) {
            info = found->get_info(info.end);
            if (offset_min(info) == changes.back().offset_min) continue;
            changes.push_back({wall_time(info.begin), offset_min(info)});
        }
        return changes;
    } catch (const std::exception& error) {
        return fail(Errc::unavailable,
                    std::string("time zones: ") + error.what() + " (install the package tzdata)");
    }
}

}  // namespace aftercare::collector
