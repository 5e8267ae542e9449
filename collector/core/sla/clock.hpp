// The working-time clock of one ticket: how much of each target is spent, and when the rest is.
//
// It runs from the opening, stands still in pending_customer and on_hold, and ends with the ticket;
// a reopened ticket goes on with what was spent. The first response ends for good at the first
// contact. Spent time is service time of the calendar that was in force while it passed: other
// terms change what is left, never what was. The same moments give the same clock, so that it can
// be worked out again from the events of its ticket.
//
// A target is due at the first moment at which its service time is used up, and broken after it:
// on the stroke is in time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/sla/calendar.hpp"

namespace aftercare::collector {

enum class SlaTarget : std::uint8_t { first_response, resolution };
inline constexpr std::size_t kSlaTargetCount = 2;

/// What was promised for a ticket: a policy with the calendar it is counted by.
struct SlaTerms {
    std::string id;  ///< "<policy>/<calendar>#<hash of the rest>"; empty: of an earlier program
    std::string policy;
    std::string calendar_name;
    milliseconds first_response{};
    milliseconds resolution{};
    int at_risk_percent = 80;  ///< of a target, spent: a warning before the breach
    Calendar calendar;

    [[nodiscard]] milliseconds limit(SlaTarget target) const {
        return target == SlaTarget::first_response ? first_response : resolution;
    }
};

struct TargetClock {
    milliseconds spent{0};  ///< up to SlaClock::running_since
    std::optional<WallTime> at_risk_at;
    /// While it runs; once broken, met or ended, the moment that counted.
    std::optional<WallTime> due_at;
    bool at_risk = false;   ///< told
    bool breached = false;  ///< told
    bool met = false;       ///< the first response: there was a contact

    friend bool operator==(const TargetClock&, const TargetClock&) = default;
};

struct SlaClock {
    std::string terms;                      ///< id
    std::optional<WallTime> running_since;  ///< absent while paused or ended
    TargetClock first_response;
    TargetClock resolution;

    [[nodiscard]] const TargetClock& of(SlaTarget target) const {
        return target == SlaTarget::first_response ? first_response : resolution;
    }
    [[nodiscard]] TargetClock& of(SlaTarget target) {
        return target == SlaTarget::first_response ? first_response : resolution;
    }
    friend bool operator==(const SlaClock&, const SlaClock&) = default;
};

/// Something that the service centre must hear of.
struct SlaNews {
    SlaTarget target;
    bool breach;  ///< else at risk
    WallTime at;  ///< of a breach, when the target was due
};

/// Notes what has happened by `now`, each once, in order of time.
std::vector<SlaNews> tell(SlaClock& clock, WallTime now);
/// The first moment for which tell() has something to say; far future: none while nothing changes.
WallTime next_news_at(const SlaClock& clock);

// Pre, for all changes: tell() was asked up to `at`. A time before the last change counts as that
// change: what was counted is not taken back.

/// Runs from `at` on. Pre: a fresh clock, or one that is paused or ended.
void run_clock(SlaClock& clock, const SlaTerms& terms, WallTime at);
/// Stands still from `at` on.
void pause_clock(SlaClock& clock, const SlaTerms& terms, WallTime at);
/// The ticket ends: due moments stay as they were; those of a paused clock are as if it ran on.
void end_clock(SlaClock& clock, const SlaTerms& terms, WallTime at);
/// The first contact ends the first response, in whatever state the ticket is.
void answer_clock(SlaClock& clock, const SlaTerms& terms, WallTime at);
/// What was spent stays spent, the rest counts by the new terms. A target that has time left by
/// them is neither broken nor at risk any more.
void change_terms(SlaClock& clock, const SlaTerms& old_terms, const SlaTerms& terms, WallTime at);

/// Service time until the target is due, negative after it; what a paused clock has left.
milliseconds remaining(const SlaClock& clock, const SlaTerms& terms, SlaTarget target,
                       WallTime now);

}  // namespace aftercare::collector
