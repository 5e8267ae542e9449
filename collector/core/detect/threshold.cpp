#include "collector/core/detect/threshold.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

bool is_beyond(const Predicate& predicate, bool was_beyond, double value) {
    const double limit = was_beyond ? predicate.clear_limit : predicate.limit;
    return predicate.side == Side::below ? value < limit : value > limit;
}

}  // namespace

Verdict judge(const Predicate& predicate, ThresholdState& state, float value, WallTime at) {
    const bool was_beyond = state.beyond_since != kNever;
    if (!is_beyond(predicate, was_beyond, static_cast<double>(value))) {
        state.beyond_since = kNever;
        return {.truth = Truth::no};
    }
    if (!was_beyond) {
        state.beyond_since = at;
        state.points.clear();
    }
    if (state.points.size() == kThresholdPointsMax) state.points.erase(state.points.begin());
    state.points.push_back({at, value});

    const WallTime start = later_by(state.beyond_since, predicate.duration);
    return {.truth = at >= start ? Truth::yes : Truth::pending,
            .start = start,
            .value = value,
            .baseline = static_cast<float>(predicate.limit),
            .deviation = value - static_cast<float>(predicate.limit)};
}

void forget_before(const Predicate& predicate, ThresholdState& state, WallTime at) {
    std::erase_if(state.points, [&](const Point& point) { return point.at < at; });
    if (state.beyond_since == kNever || state.beyond_since >= at) return;
    const auto again = std::find_if(state.points.begin(), state.points.end(), [&](const Point& p) {
        return is_beyond(predicate, false, static_cast<double>(p.value));
    });
    state.beyond_since = again == state.points.end() ? kNever : again->at;
}

void encode(const ThresholdState& state, const StoredTimes& times, ByteWriter& bytes) {
    times.put(bytes, state.beyond_since);
    put_points(state.points, times, bytes);
}

void decode(ByteReader& bytes, const StoredTimes& times, ThresholdState& state) {
    state.beyond_since = times.get(bytes);
    get_points(bytes, times, state.points);
}

}  // namespace aftercare::collector
