// The player of tests/unit/collector_sla/sla_vectors*: a line says what was done when, in local
// time with its offset, and what must be due and spent then.
#pragma once

#include <string_view>

#include "tests/unit/collector_sla/hours.hpp"

namespace aftercare::collector::testing {

struct Step {
    const char* at;
    std::string_view
        what;  ///< open, pause, resume, contact, end, reopen, or terms (the other ones)
};

struct Promise {
    Calendar calendar;
    int minutes;
};

struct Vector {
    const char* name;
    Promise promise;
    std::vector<Step> steps;
    const char* due;  ///< "" = none
    int spent_min;    ///< as counted at the last step
    Promise other{};  ///< after the step "terms"
};

constexpr int h(int hours) {
    return hours * 60;
}

inline SlaTerms terms_of(const Promise& promise) {
    SlaTerms terms{.policy = "p", .calendar = promise.calendar};
    terms.first_response = terms.resolution = milliseconds{promise.minutes * 60'000LL};
    terms.id = std::to_string(promise.minutes);
    return terms;
}

inline SlaClock play(const Vector& vector) {
    SlaTerms terms = terms_of(vector.promise);
    SlaClock clock;
    for (const Step& step : vector.steps) {
        const WallTime when = at(step.at);
        tell(clock, when);
        if (step.what == "pause") {
            pause_clock(clock, terms, when);
        } else if (step.what == "contact") {
            answer_clock(clock, terms, when);
        } else if (step.what == "end") {
            end_clock(clock, terms, when);
        } else if (step.what == "terms") {
            const SlaTerms other = terms_of(vector.other);
            change_terms(clock, terms, other, when);
            terms = other;
        } else {
            CHECK_TRUE(step.what == "open" || step.what == "resume" || step.what == "reopen");
            run_clock(clock, terms, when);
        }
    }
    return clock;
}

inline void check(const Vector& vector, const TargetClock& clock) {
    const std::string due = clock.due_at ? format_rfc3339(*clock.due_at) : "";
    const std::string wanted = *vector.due == '\0' ? "" : format_rfc3339(at(vector.due));
    STRCMP_EQUAL_TEXT(wanted.c_str(), due.c_str(), vector.name);
    LONGS_EQUAL_TEXT(vector.spent_min * 60'000LL, clock.spent.count(), vector.name);
}

/// Berlin, every night 01:00-05:00: the hours that a change of the clocks cuts or repeats.
inline Calendar nights(std::vector<OffsetChange> zone = berlin()) {
    return hours({{60, 300}}, 7, std::move(zone));
}
inline Calendar always(std::vector<std::string> holidays = {}) {
    return hours({{0, 1440}}, 7, berlin(), std::move(holidays));
}
/// Every night 22:00-06:00, as two intervals a day.
inline Calendar late_shift() {
    return hours({{0, 360}, {1320, 1440}}, 7, berlin());
}

/// All lines of a table, by one target.
inline void check_all(const std::vector<Vector>& vectors, SlaTarget target) {
    for (const Vector& vector : vectors) check(vector, play(vector).of(target));
}
inline void resolution(const std::vector<Vector>& vectors) {
    check_all(vectors, SlaTarget::resolution);
}
inline void first_response(const std::vector<Vector>& vectors) {
    check_all(vectors, SlaTarget::first_response);
}

}  // namespace aftercare::collector::testing
