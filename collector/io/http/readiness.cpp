#include "collector/io/http/readiness.hpp"

#include <algorithm>

namespace aftercare::collector {

std::vector<Condition> ReadinessLog::track(std::vector<Condition> conditions, WallTime now) {
    const std::lock_guard lock(mutex_);
    for (Condition& condition : conditions) {
        const auto before = std::find_if(last_.begin(), last_.end(), [&](const Condition& one) {
            return one.name == condition.name;
        });
        const bool unchanged = before != last_.end() && before->met == condition.met;
        condition.since = unchanged ? before->since : now;
    }
    last_ = conditions;
    return conditions;
}

bool all_met(const std::vector<Condition>& conditions) {
    return !conditions.empty() && std::all_of(conditions.begin(), conditions.end(),
                                              [](const Condition& one) { return one.met; });
}

WallTime ready_since(const std::vector<Condition>& conditions) {
    // Ready since the last condition came true; not ready since the first one that is now false.
    if (all_met(conditions)) {
        return std::max_element(
                   conditions.begin(), conditions.end(),
                   [](const Condition& a, const Condition& b) { return a.since < b.since; })
            ->since;
    }
    WallTime since = WallTime::max();
    for (const Condition& condition : conditions) {
        if (!condition.met) since = std::min(since, condition.since);
    }
    return since;
}

}  // namespace aftercare::collector
