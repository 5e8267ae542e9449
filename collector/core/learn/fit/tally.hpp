// What tickets a condition would have opened, and how good they would have been.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/core/learn/fate.hpp"
#include "collector/core/learn/fit/episodes.hpp"
#include "collector/core/learn/score.hpp"

namespace aftercare::collector {

/// One ticket that would have been opened.
struct TrialTicket {
    std::uint32_t device = 0;  ///< index into the fleet
    WallTime opened{};
    WallTime ended{};  ///< by outcome, or lapsed
    TicketFate fate{};
    bool announced = false;  ///< its component failed within the horizon, also when it is censored
};

struct TrialTally {
    std::vector<TrialTicket> tickets;
    std::uint32_t right = 0, wrong = 0, censored = 0;
    std::uint32_t found = 0, missed = 0;  ///< failures with and without a ticket before them
    double blocks = 0;                    ///< device time in units of the horizon
    std::vector<double> leads_h;          ///< of right tickets, sorted

    [[nodiscard]] std::uint32_t failures() const { return found + missed; }
};

/// One open ticket per device for `component`: closed at that component's outcome, or when the
/// horizon has passed and no episode goes on. Failures in a device's first horizon do not count.
TrialTally tally(const Fleet& fleet, const Episodes& episodes, std::uint32_t component,
                 milliseconds horizon);

/// Logarithm of the Bayes factor that tickets and failures belong together, over blocks of device
/// time as long as the horizon: beta-binomial with Jeffreys' prior (½, ½) for "fails after a
/// ticket" and "fails without one", against one rate for both. Negative when tickets are no
/// better than chance. Source: the 2×2 test of I. J. Good, "Probability and the Weighing of
/// Evidence", 1950, with Jeffreys' prior.
double evidence(const TrialTally& tally);

/// Beta posterior of a share under Jeffreys' prior.
struct Share {
    double mean = 0;
    double low = 0;   ///< 10 % quantile
    double high = 0;  ///< 90 % quantile
};
Share share_of(double hits, double others);

struct Quality {
    Share precision;
    Share recall;
    double f1 = 0;  ///< of the two posterior means
};
Quality quality_of(const TrialTally& tally);
/// F1 of what is beyond chance, (p − c) ÷ (1 − c) of precision and recall: c is the share of blocks
/// with a failure for the one, with a ticket for the other. So a long horizon gains nothing from
/// failures that would have come anyway.  Source: J. Cohen, Educational and Psychological
/// Measurement 20 (1960).
double f1_beyond_chance(const TrialTally& tally);

}  // namespace aftercare::collector
