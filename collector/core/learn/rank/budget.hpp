// Spending a budget on the devices at highest risk. Two meanings of "1 %": that share of the
// device-days flagged, each day's worst; or that share of the devices getting a *new* ticket a day,
// where a ticket lives as long as the horizon and its device gets no other one meanwhile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/core/learn/rank/day_table.hpp"

namespace aftercare::collector {

struct BudgetOptions {
    double share_a_day = 0.01;
    std::int32_t horizon_days = 7;
    std::int32_t from_day = 0;        ///< nothing is spent before …
    std::int32_t until_day = kNoDay;  ///< … nor from here on
};

/// How tickets are spent: a token bucket that a day fills by the budget and that holds `burst_days`
/// days of it; nothing below `limit`.
struct TicketSpending {
    double limit = 0;
    std::int32_t burst_days = 3;
};

/// Row numbers of the flags or tickets, by day, then highest score first; ties by row.
/// `scores` has one entry per row of the table.
std::vector<std::uint32_t> flag_daily(const DayTable& table, std::span<const double> scores,
                                      const BudgetOptions& options);
std::vector<std::uint32_t> spend_tickets(const DayTable& table, std::span<const double> scores,
                                         const BudgetOptions& options,
                                         const TicketSpending& spending);

/// The lowest limit at which tickets over the days of `options` would not have cost more than the
/// budget, were there no bucket: what to demand of later days so that quiet days save for bad ones.
double ticket_limit(const DayTable& table, std::span<const double> scores,
                    const BudgetOptions& options);

/// What the spent rows found: devices that failed 1 … horizon days later.
struct Found {
    std::uint64_t failing = 0;  ///< failures with at least one row that could have told, 1 …
                                ///< horizon days ahead and within the days of `options`
    std::uint64_t found = 0;
    std::uint64_t spent = 0;
    std::uint64_t right = 0;        ///< of the spent ones
    std::uint64_t device_days = 0;  ///< that could have been spent on
    std::uint64_t devices = 0, touched = 0;
};
Found count_found(const DayTable& table, std::span<const std::uint32_t> spent,
                  const BudgetOptions& options);

}  // namespace aftercare::collector
