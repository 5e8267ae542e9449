#include "collector/core/detect/threshold.hpp"

#include <bit>

#include "collector/core/detect/stored_time.hpp"

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

void forget_before(ThresholdState& state, WallTime at) {
    if (state.beyond_since < at) state.beyond_since = kNever;
    std::erase_if(state.points, [&](const Point& point) { return point.at < at; });
}

void encode(const ThresholdState& state, ByteWriter& bytes) {
    bytes.put(unix_ms(state.beyond_since));
    bytes.put(static_cast<std::uint8_t>(state.points.size()));
    for (const Point& point : state.points) {
        bytes.put(unix_ms(point.at));
        bytes.put(std::bit_cast<std::uint32_t>(point.value));
    }
}

void decode(ByteReader& bytes, ThresholdState& state) {
    state.beyond_since = get_time(bytes);
    const auto count = bytes.get<std::uint8_t>();
    for (std::size_t i = 0; i < count && bytes.ok(); ++i) {
        const WallTime at = get_time(bytes);
        state.points.push_back({at, std::bit_cast<float>(bytes.get<std::uint32_t>())});
    }
}

}  // namespace aftercare::collector
