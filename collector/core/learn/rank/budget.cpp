#include "collector/core/learn/rank/budget.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace aftercare::collector {
namespace {

using Days = std::map<std::int32_t, std::vector<std::uint32_t>>;

bool within(const BudgetOptions& options, std::int32_t day) {
    return day >= options.from_day && day < options.until_day;
}

Days rows_by_day(const DayTable& table, const BudgetOptions& options) {
    Days days;
    for (std::uint32_t row = 0; row < table.rows.size(); ++row) {
        if (within(options, table.rows[row].day)) days[table.rows[row].day].push_back(row);
    }
    return days;
}

void sort_by_score(std::span<const double> scores, std::vector<std::uint32_t>& rows) {
    std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
}

/// Tickets of devices that have none open.
class OpenTickets {
  public:
    OpenTickets(const DayTable& table, std::int32_t horizon_days)
        : table_(table), horizon_days_(horizon_days), closed_from_(table.devices.size()) {
        std::fill(closed_from_.begin(), closed_from_.end(), table.first_day);
    }
    bool open(std::uint32_t row) {
        const DayRow& at = table_.rows[row];
        if (closed_from_[at.device] > at.day) return false;
        closed_from_[at.device] = at.day + horizon_days_;
        return true;
    }

  private:
    const DayTable& table_;
    std::int32_t horizon_days_;
    std::vector<std::int32_t> closed_from_;
};

}  // namespace

std::vector<std::uint32_t> flag_daily(const DayTable& table, std::span<const double> scores,
                                      const BudgetOptions& options) {
    std::vector<std::uint32_t> flagged;
    for (auto& [day, rows] : rows_by_day(table, options)) {
        sort_by_score(scores, rows);
        const auto count =
            static_cast<std::ptrdiff_t>(options.share_a_day * static_cast<double>(rows.size()));
        flagged.insert(flagged.end(), rows.begin(), rows.begin() + count);
    }
    return flagged;
}

std::vector<std::uint32_t> spend_tickets(const DayTable& table, std::span<const double> scores,
                                         const BudgetOptions& options,
                                         const TicketSpending& spending) {
    std::vector<std::uint32_t> spent;
    OpenTickets open(table, options.horizon_days);
    double tokens = 0;
    for (auto& [day, rows] : rows_by_day(table, options)) {
        const double a_day = options.share_a_day * static_cast<double>(rows.size());
        tokens = std::min(tokens + a_day, a_day * spending.burst_days);
        sort_by_score(scores, rows);
        for (const std::uint32_t row : rows) {
            if (tokens < 1 || scores[row] < spending.limit) break;
            if (!open.open(row)) continue;
            spent.push_back(row);
            tokens -= 1;
        }
    }
    return spent;
}

double ticket_limit(const DayTable& table, std::span<const double> scores,
                    const BudgetOptions& options) {
    const Days days = rows_by_day(table, options);
    std::vector<double> candidates;
    double budget = 0;
    for (const auto& [day, rows] : days) {
        budget += options.share_a_day * static_cast<double>(rows.size());
        for (const std::uint32_t row : rows) candidates.push_back(scores[row]);
    }
    std::sort(candidates.begin(), candidates.end());
    const auto cost = [&](double limit) {
        OpenTickets open(table, options.horizon_days);
        double count = 0;
        for (const auto& [day, rows] : days) {
            for (const std::uint32_t row : rows) {
                if (scores[row] >= limit && open.open(row)) ++count;
            }
        }
        return count;
    };
    const auto found = std::partition_point(candidates.begin(), candidates.end(),
                                            [&](double limit) { return cost(limit) > budget; });
    return found == candidates.end() ? std::numeric_limits<double>::infinity() : *found;
}

Found count_found(const DayTable& table, std::span<const std::uint32_t> spent,
                  const BudgetOptions& options) {
    Found result;
    std::set<std::pair<std::uint32_t, std::int32_t>> failing, found;  // device and day of failure
    std::set<std::uint32_t> devices, touched;
    const auto tells = [&](const DayRow& row) -> std::int32_t {
        const std::int32_t failure = table.next_failure(row.device, row.day);
        return failure != kNoDay && failure - row.day <= options.horizon_days ? failure : kNoDay;
    };
    for (const DayRow& row : table.rows) {
        if (!within(options, row.day)) continue;
        ++result.device_days;
        devices.insert(devices.end(), row.device);
        if (const auto failure = tells(row); failure != kNoDay) {
            failing.emplace(row.device, failure);
        }
    }
    for (const std::uint32_t number : spent) {
        const DayRow& row = table.rows[number];
        touched.insert(row.device);
        const auto failure = tells(row);
        if (failure == kNoDay) continue;
        ++result.right;
        found.emplace(row.device, failure);
    }
    result.spent = spent.size();
    result.failing = failing.size();
    result.found = found.size();
    result.devices = devices.size();
    result.touched = touched.size();
    return result;
}

}  // namespace aftercare::collector
