#include "collector/core/learn/rank/day_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/sorted.hpp"

namespace aftercare::collector {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::uint32_t index_of(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::uint32_t>(place_in(names, name));
}

/// "WDC WD30EZRX" → "WDC", "ST3000DM001" → "ST", "3000X" → "3000X".
std::string maker_of(const std::string& model) {
    const std::size_t end = model.find_first_of(" -_0123456789");
    return end == 0 ? model.substr(0, model.find(' ')) : model.substr(0, end);
}

const HistoryDevice& described(const Fleet& fleet, const FleetDevice& device) {
    return fleet.histories[device.history].devices[device.device];
}

void collect_cohorts(const Fleet& fleet, DayTable& table) {
    for (const FleetDevice& device : fleet.devices) {
        table.models.push_back(described(fleet, device).model);
        table.makers.push_back(maker_of(described(fleet, device).model));
    }
    sort_unique(table.models);
    sort_unique(table.makers);
}

DeviceDays describe(const Fleet& fleet, const FleetDevice& device, const DayTable& table) {
    DeviceDays days;
    const HistoryDevice& known = described(fleet, device);
    days.first_row = static_cast<std::uint32_t>(table.rows.size());
    days.model = index_of(table.models, known.model);
    days.maker = index_of(table.makers, maker_of(known.model));
    if (known.installed_at) days.installed_day = day_of(*known.installed_at);
    for (const FleetRepair& repair : device.repairs) {
        if (repair.end != LifeEnd::failed) continue;
        const std::int32_t day = day_of(repair.at);
        if (days.failure_days.empty() || days.failure_days.back() < day) {
            days.failure_days.push_back(day);
        }
    }
    return days;
}

void add_rows(const Fleet& fleet, std::uint32_t number, DayTable& table) {
    const FleetDevice& device = fleet.devices[number];
    const std::size_t width = table.metrics.size();
    DeviceDays days = describe(fleet, device, table);
    for (const HistoryReading& reading : device.readings) {
        const std::int32_t day = day_of(reading.at);
        if (table.rows.size() == days.first_row || table.rows.back().day != day) {
            table.rows.push_back({number, day});
            table.values.resize(table.rows.size() * width, std::numeric_limits<float>::quiet_NaN());
        }
        float* const row = table.values.data() + (table.rows.size() - 1) * width;
        for (std::uint32_t metric = 0; metric < width; ++metric) {
            const float value = fleet.value(device, reading, metric);
            if (!std::isnan(value)) row[metric] = value;
        }
    }
    days.row_count = static_cast<std::uint32_t>(table.rows.size()) - days.first_row;
    table.faults.push_back(device.faults);
    table.devices.push_back(std::move(days));
}

/// Mid-ranks: a value that half of the model shares stands in its middle.
void rank_group(DayTable& table, std::span<std::uint32_t> group, std::size_t metric) {
    const std::size_t width = table.metrics.size();
    const auto present = std::partition(group.begin(), group.end(), [&](std::uint32_t row) {
        return !std::isnan(table.value(row, metric));
    });
    std::sort(group.begin(), present, [&](std::uint32_t a, std::uint32_t b) {
        const float x = table.value(a, metric), y = table.value(b, metric);
        return x != y ? x < y : a < b;
    });
    const auto count = static_cast<float>(present - group.begin());
    for (auto first = group.begin(); first != present;) {
        const float value = table.value(*first, metric);
        auto last = first;
        while (last != present && table.value(*last, metric) == value) ++last;
        const auto below = static_cast<float>(first - group.begin());
        const auto same = static_cast<float>(last - first);
        for (; first != last; ++first) {
            table.percentiles[*first * width + metric] = (below + same / 2) / count;
        }
    }
}

void add_percentiles(DayTable& table) {
    table.percentiles.assign(table.values.size(), std::numeric_limits<float>::quiet_NaN());
    std::vector<std::uint32_t> order(table.rows.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&](std::uint32_t row) {
        return std::pair(table.rows[row].day, table.devices[table.rows[row].device].model);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last < order.size() && key(order[last]) == key(order[first])) ++last;
        for (std::size_t metric = 0; metric < table.metrics.size(); ++metric) {
            rank_group(table, std::span(order).subspan(first, last - first), metric);
        }
        first = last;
    }
}

}  // namespace

std::int32_t day_of(WallTime at) {
    const std::int64_t ms = unix_ms(at);
    return static_cast<std::int32_t>((ms >= 0 ? ms : ms - kDayMs + 1) / kDayMs);
}

std::int32_t DayTable::next_failure(std::uint32_t device, std::int32_t day) const {
    const auto& days = devices[device].failure_days;
    const auto found = std::upper_bound(days.begin(), days.end(), day);
    return found == days.end() ? kNoDay : *found;
}

Outlook outlook(const DayTable& table, const DayRow& row, std::int32_t horizon_days,
                std::int32_t known_until) {
    const DeviceDays& device = table.devices[row.device];
    const auto& failures = device.failure_days;
    if (std::binary_search(failures.begin(), failures.end(), row.day)) return {};
    const std::int32_t failure = table.next_failure(row.device, row.day);
    const std::int32_t end = std::min(row.day + horizon_days, known_until);
    if (failure <= end) return {end - row.day, true};
    const std::int32_t last_seen = table.rows[device.first_row + device.row_count - 1].day;
    return {std::max(0, std::min(end, last_seen) - row.day), false};
}

DayTable tabulate(const Fleet& fleet) {
    DayTable table;
    table.metrics = fleet.metrics;
    table.codes = fleet.codes;
    collect_cohorts(fleet, table);
    for (std::uint32_t number = 0; number < fleet.devices.size(); ++number) {
        add_rows(fleet, number, table);
    }
    add_percentiles(table);
    if (table.rows.empty()) return table;
    const auto [first, last] =
        std::minmax_element(table.rows.begin(), table.rows.end(),
                            [](const DayRow& a, const DayRow& b) { return a.day < b.day; });
    table.first_day = first->day;
    table.last_day = last->day;
    return table;
}

}  // namespace aftercare::collector
