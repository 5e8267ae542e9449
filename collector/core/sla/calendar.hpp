// Service hours: which stretches of time count for the working clock.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// Minutes of a local day, [from, to), 0..1440.
struct DayInterval {
    int from_min = 0;
    int to_min = 1440;
};

/// A change of the zone's offset; sorted, the first at the beginning of time. Time-zone data comes
/// in through io (tz database), so that the core stays pure.
struct OffsetChange {
    WallTime at;
    int offset_min = 0;
};

struct Calendar {
    /// Monday first; several intervals a day; default is round the clock.
    std::array<std::vector<DayInterval>, 7> week = [] {
        std::array<std::vector<DayInterval>, 7> always;
        for (auto& day : always) day.push_back({});
        return always;
    }();
    std::vector<std::string> holidays;  ///< "2026-12-25", sorted
    std::vector<OffsetChange> offsets;  ///< empty: UTC
};

/// Service time within [from, to). Exact over DST changes: a local interval that the change cuts or
/// repeats counts the time that really passed.
milliseconds working_time(const Calendar& calendar, WallTime from, WallTime to);
/// The moment at which `amount` of service time has passed since `from`; WallTime::max() when the
/// calendar has none left (no service hours at all).
WallTime add_working_time(const Calendar& calendar, WallTime from, milliseconds amount);
/// The local day, "2026-12-24", on which service is next given at or after `from`: today while
/// hours are left, else the next working day; today when there is none within two years.
std::string next_service_date(const Calendar& calendar, WallTime from);
/// "2026-12-24" where it is `at`.
std::string local_date(const Calendar& calendar, WallTime at);
/// What the functions above presume: hours sorted, apart and within the day, real and sorted
/// dates. Errors: invalid, naming the day or date.
Status check_calendar(const Calendar& calendar);

}  // namespace aftercare::collector
