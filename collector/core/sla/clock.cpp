#include "collector/core/sla/clock.hpp"

#include <algorithm>
#include <array>

namespace aftercare::collector {
namespace {

constexpr std::array kTargets{SlaTarget::first_response, SlaTarget::resolution};
constexpr milliseconds kTick{1};  // makes "after" of "at"

milliseconds warning_of(const SlaTerms& terms, SlaTarget target) {
    return terms.limit(target) * terms.at_risk_percent / 100;
}

/// When `spent` will have grown to `goal`; absent if the calendar never gets there.
std::optional<WallTime> reached_at(const SlaTerms& terms, WallTime from, milliseconds spent,
                                   milliseconds goal) {
    const WallTime at = add_working_time(terms.calendar, from, goal - spent);
    if (at == WallTime::max()) return std::nullopt;
    return at;
}

void set_due(TargetClock& clock, const SlaTerms& terms, SlaTarget target, WallTime from) {
    if (!clock.breached) clock.due_at = reached_at(terms, from, clock.spent, terms.limit(target));
}

void set_moments(SlaClock& clock, const SlaTerms& terms, WallTime from) {
    for (const SlaTarget target : kTargets) {
        TargetClock& one = clock.of(target);
        if (one.met) continue;
        set_due(one, terms, target, from);
        one.at_risk_at = one.at_risk
                             ? std::nullopt
                             : reached_at(terms, from, one.spent, warning_of(terms, target));
    }
}

/// Adds what passed since the last change. Returns the moment it is settled for.
WallTime settle(SlaClock& clock, const SlaTerms& terms, WallTime at) {
    const WallTime since = clock.running_since.value_or(at);
    const WallTime until = std::max(at, since);
    const milliseconds passed = working_time(terms.calendar, since, until);
    for (const SlaTarget target : kTargets) {
        if (!clock.of(target).met) clock.of(target).spent += passed;
    }
    return until;
}

}  // namespace

void run_clock(SlaClock& clock, const SlaTerms& terms, WallTime at) {
    clock.running_since = at;
    set_moments(clock, terms, at);
}

void pause_clock(SlaClock& clock, const SlaTerms& terms, WallTime at) {
    if (!clock.running_since) return;
    settle(clock, terms, at);
    clock.running_since.reset();
    for (const SlaTarget target : kTargets) {
        TargetClock& one = clock.of(target);
        one.at_risk_at.reset();
        if (!one.met && !one.breached) one.due_at.reset();
    }
}

void end_clock(SlaClock& clock, const SlaTerms& terms, WallTime at) {
    if (!clock.running_since) set_moments(clock, terms, at);
    settle(clock, terms, at);
    clock.running_since.reset();
    clock.first_response.at_risk_at.reset();
    clock.resolution.at_risk_at.reset();
}

void answer_clock(SlaClock& clock, const SlaTerms& terms, WallTime at) {
    TargetClock& response = clock.first_response;
    if (response.met) return;
    if (clock.running_since) {
        response.spent += working_time(terms.calendar, *clock.running_since, at);
    } else if (!response.due_at) {
        set_due(response, terms, SlaTarget::first_response, at);
    }
    response.met = true;
    response.at_risk_at.reset();
}

void change_terms(SlaClock& clock, const SlaTerms& old_terms, const SlaTerms& terms, WallTime at) {
    const WallTime from = settle(clock, old_terms, at);
    clock.terms = terms.id;
    for (const SlaTarget target : kTargets) {
        TargetClock& one = clock.of(target);
        if (one.met) continue;
        if (one.spent <= terms.limit(target)) one.breached = false;
        if (one.spent < warning_of(terms, target)) one.at_risk = false;
        if (!clock.running_since && !one.breached) one.due_at.reset();
    }
    if (clock.running_since) run_clock(clock, terms, from);
}

std::vector<SlaNews> tell(SlaClock& clock, WallTime now) {
    std::vector<SlaNews> news;
    if (!clock.running_since) return news;
    for (const SlaTarget target : kTargets) {
        TargetClock& one = clock.of(target);
        if (one.met) continue;
        if (one.at_risk_at && *one.at_risk_at <= now) {
            news.push_back({target, false, *one.at_risk_at});
            one.at_risk = true;
            one.at_risk_at.reset();
        }
        if (!one.breached && one.due_at && *one.due_at < now) {
            news.push_back({target, true, *one.due_at});
            one.breached = true;
        }
    }
    std::stable_sort(news.begin(), news.end(),
                     [](const SlaNews& a, const SlaNews& b) { return a.at < b.at; });
    return news;
}

WallTime next_news_at(const SlaClock& clock) {
    WallTime next = WallTime::max();
    if (!clock.running_since) return next;
    for (const SlaTarget target : kTargets) {
        const TargetClock& one = clock.of(target);
        if (one.met) continue;
        if (one.at_risk_at) next = std::min(next, *one.at_risk_at);
        if (!one.breached && one.due_at) next = std::min(next, *one.due_at + kTick);
    }
    return next;
}

milliseconds remaining(const SlaClock& clock, const SlaTerms& terms, SlaTarget target,
                       WallTime now) {
    const TargetClock& one = clock.of(target);
    const milliseconds left = terms.limit(target) - one.spent;
    if (one.met || !clock.running_since) return left;
    return left - working_time(terms.calendar, *clock.running_since, now);
}

}  // namespace aftercare::collector
