// Which ticket does an outcome without ticket id belong to?
//
//   score = what · (1 − ½ · min(1, d / match_window))
//   what  = 0.95 same failure mode · 0.80 same component, no or another failure mode named
//         · 0.50 nothing was named, or nothing was found (no_fault_found, other_fault_fixed,
//                customer_declined), and exactly one ticket is open
//   d     = time from the opening of the ticket to the outcome
//
// Candidates: tickets of the device detected at most kBeforeMax after the outcome that are open;
// and ended ones without an outcome of their own that were still open at the time of the outcome
// (reported late). The highest score wins; of equals the ticket opened last, then the lesser id.
// Below kScoreFloor, or with another one nearer than kScoreMargin, a person decides.
#pragma once

#include <string>
#include <vector>

#include "collector/core/desk/ticket_book.hpp"

namespace aftercare::collector {

/// Device clocks and desks disagree by so much about what came first.
inline constexpr milliseconds kBeforeMax{3'600'000};

/// Was what was detected and opened then still open at `at`, the moment of an outcome or failure?
/// Tickets and trials (desk/trials.hpp) are asked alike.
bool in_time(WallTime at, WallTime detected_at, WallTime opened_at, WallTime ended_at);

struct Match {
    Case* ticket = nullptr;
    double score = 0;
    std::string reason;
};

/// Candidates are listed for a person up to so many.
inline constexpr std::size_t kCandidatesMax = 5;
/// A person decides when the best one scores below this, or the second one comes this near.
inline constexpr double kScoreFloor = 0.30;
inline constexpr double kScoreMargin = 0.10;

/// The best candidates, best first; empty: none fits.
std::vector<Match> match_outcome(const Outcome& outcome, const std::vector<Case*>& of_device,
                                 milliseconds match_window);
/// Why a person has to choose among `matches`; empty: the first one is it. Pre: not empty.
std::string doubt_about(const std::vector<Match>& matches);

}  // namespace aftercare::collector
