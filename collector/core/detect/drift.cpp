#include "collector/core/detect/drift.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace aftercare::collector {
namespace {

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    const std::int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

template <std::size_t kCount>
std::size_t slot_of(const std::array<Bucket, kCount>&, std::int64_t number) {
    constexpr auto kSize = static_cast<std::int64_t>(kCount);
    return static_cast<std::size_t>(number - floor_div(number, kSize) * kSize);
}

Moments total(std::span<const Bucket> buckets) {
    Moments sum;
    for (const Bucket& bucket : buckets) {
        if (bucket.count > 0) sum = merge(sum, bucket.moments());
    }
    return sum;
}

/// The two rings of one state, addressed by bucket number since the epoch.
class Rings {
  public:
    Rings(const Predicate& predicate, DriftState& state)
        : window_ms_(predicate.window.count() / kWindowBuckets),
          baseline_ms_(predicate.baseline.count() / kBaselineBuckets),
          state_(state) {}

    [[nodiscard]] std::int64_t number_of(WallTime at) const {
        return floor_div(unix_ms(at), window_ms_);
    }
    /// Newest baseline bucket while `newest` is the newest of the window.
    [[nodiscard]] std::int64_t baseline_newest(std::int64_t newest) const {
        return baseline_number(newest - kWindowBuckets);
    }
    [[nodiscard]] WallTime window_start(std::int64_t number) const {
        return wall_from_unix_ms(number * window_ms_);
    }
    [[nodiscard]] WallTime baseline_start(std::int64_t number) const {
        return wall_from_unix_ms(number * baseline_ms_);
    }
    [[nodiscard]] milliseconds window_span() const { return milliseconds{window_ms_}; }
    [[nodiscard]] milliseconds baseline_span() const { return milliseconds{baseline_ms_}; }
    Bucket& window(std::int64_t number) { return state_.window[slot_of(state_.window, number)]; }
    Bucket& baseline(std::int64_t number) {
        return state_.baseline[slot_of(state_.baseline, number)];
    }

    /// Adds up what does not change until the next bucket begins.
    DriftState::Settled settle(const Predicate& predicate) {
        const std::int64_t from = state_.newest * window_ms_;
        return {baseline_of(predicate, total(state_.baseline)), window_before_newest(),
                slot_of(state_.window, state_.newest), from, from + window_ms_};
    }

    /// Makes `to` the newest bucket of the window; what leaves the window enters the baseline.
    void advance(std::int64_t to) {
        const std::int64_t newest = state_.newest;
        const std::int64_t leaving = std::min(to - newest, kWindowBuckets);
        std::int64_t filled = baseline_newest(newest);
        for (std::int64_t i = 0; i < leaving; ++i) {
            const std::int64_t number = newest - kWindowBuckets + 1 + i;
            const std::int64_t into = baseline_number(number);
            clear_baseline(filled, into);
            filled = into;
            add(baseline(into), window(number).moments());
            window(number) = {};
        }
        clear_baseline(filled, baseline_newest(to));
        state_.newest = to;
        state_.settled.reset();
    }

  private:
    /// Oldest first, so that the sum is the same however it came about.
    [[nodiscard]] Moments window_before_newest() {
        Moments sum;
        for (std::int64_t back = kWindowBuckets - 1; back > 0; --back) {
            const Bucket& bucket = window(state_.newest - back);
            if (bucket.count > 0) sum = merge(sum, bucket.moments());
        }
        return sum;
    }
    [[nodiscard]] std::int64_t baseline_number(std::int64_t number) const {
        return floor_div(number * window_ms_, baseline_ms_);
    }
    // Buckets after `from` up to `to` begin empty: their slots held what is too old by now.
    void clear_baseline(std::int64_t from, std::int64_t to) {
        for (std::int64_t n = std::max(from + 1, to - kBaselineBuckets + 1); n <= to; ++n) {
            baseline(n) = {};
        }
    }

    std::int64_t window_ms_;
    std::int64_t baseline_ms_;
    DriftState& state_;
};

double sided(Side side, double deviation) {
    if (side == Side::above) return deviation;
    return side == Side::below ? -deviation : std::abs(deviation);
}

}  // namespace

Baseline baseline_of(const Predicate& predicate, const Moments& own) {
    const double prior = predicate.prior_readings;
    const double n = own.count;
    if (n + prior < predicate.samples_min || n + prior < 2) return {};
    const double freedom = std::max(n - 1, 0.0) + prior;
    const double variance =
        (own.squares + prior * predicate.prior_deviation * predicate.prior_deviation) / freedom;
    const double deviation = std::max(std::sqrt(variance), predicate.deviation_min);
    // Without any spread there is no unit to measure a drift in.
    if (!(deviation > 0)) return {};
    return {true, (n * own.mean + prior * predicate.prior_mean) / (n + prior), deviation};
}

namespace {

/// The reading's way when it does not fall into the newest bucket, or nothing is settled.
void make_room(const Predicate& predicate, DriftState& state, float value, WallTime at) {
    Rings rings(predicate, state);
    const std::int64_t number = rings.number_of(at);
    if (state.newest == kNoBucket) state.newest = number;
    if (number > state.newest) rings.advance(number);
    add(rings.window(number), {1, static_cast<double>(value), 0});
    state.settled = rings.settle(predicate);
}

}  // namespace

Moments add_reading(const Predicate& predicate, DriftState& state, float value, WallTime at) {
    const std::int64_t ms = unix_ms(at);
    if (state.settled && ms >= state.settled->from_ms && ms < state.settled->to_ms) {
        add(state.window[state.settled->newest_slot], {1, static_cast<double>(value), 0});
    } else {
        make_room(predicate, state, value, at);
    }
    const DriftState::Settled& settled = *state.settled;
    return merge(settled.window, state.window[settled.newest_slot].moments());
}

Verdict judge(const Predicate& predicate, DriftState& state, bool was_true, float value,
              WallTime at) {
    const Moments window = add_reading(predicate, state, value, at);
    if (window.count < predicate.samples_min) return {};
    const Baseline& baseline = state.settled->baseline;
    if (!baseline.enough) return {};
    const double z = (window.mean - baseline.mean) / baseline.deviation;
    const double limit = was_true ? predicate.clear_limit : predicate.limit;
    return {.truth = sided(predicate.side, z) >= limit ? Truth::yes : Truth::no,
            .start = at,
            .value = static_cast<float>(window.mean),
            .baseline = static_cast<float>(baseline.mean),
            .deviation = static_cast<float>(z)};
}

void forget_before(const Predicate& predicate, DriftState& state, WallTime at) {
    if (state.newest == kNoBucket) return;
    state.settled.reset();
    Rings rings(predicate, state);
    for (std::int64_t back = 0; back < kWindowBuckets; ++back) {
        const std::int64_t number = state.newest - back;
        if (rings.window_start(number) < at) rings.window(number) = {};
    }
    for (std::int64_t back = 0; back < kBaselineBuckets; ++back) {
        const std::int64_t number = rings.baseline_newest(state.newest) - back;
        if (rings.baseline_start(number) < at) rings.baseline(number) = {};
    }
}

std::vector<Point> points_of(const Predicate& predicate, DriftState state) {
    std::vector<Point> points;
    if (state.newest == kNoBucket) return points;
    Rings rings(predicate, state);
    const auto take = [&](const Bucket& bucket, WallTime start, milliseconds span) {
        if (bucket.count > 0) points.push_back({start + span / 2, bucket.mean});
    };
    const std::int64_t baseline_newest = rings.baseline_newest(state.newest);
    for (std::int64_t n = baseline_newest - kBaselineBuckets + 1; n <= baseline_newest; ++n) {
        take(rings.baseline(n), rings.baseline_start(n), rings.baseline_span());
    }
    for (std::int64_t n = state.newest - kWindowBuckets + 1; n <= state.newest; ++n) {
        take(rings.window(n), rings.window_start(n), rings.window_span());
    }
    return points;
}

void encode(const DriftState& state, ByteWriter& bytes) {
    std::uint16_t filled = 0;
    std::uint16_t bit = 1;
    const auto note = [&](const Bucket& bucket) {
        if (bucket.count > 0) filled = static_cast<std::uint16_t>(filled | bit);
        bit = static_cast<std::uint16_t>(bit << 1U);
    };
    const auto write = [&](const Bucket& bucket) {
        if (bucket.count == 0) return;
        bytes.put_varint(bucket.count);
        bytes.put_real(bucket.mean);
        if (bucket.count > 1) bytes.put_real(bucket.squares);
    };
    std::for_each(state.window.begin(), state.window.end(), note);
    std::for_each(state.baseline.begin(), state.baseline.end(), note);
    bytes.put_signed(state.newest);
    bytes.put(filled);
    std::for_each(state.window.begin(), state.window.end(), write);
    std::for_each(state.baseline.begin(), state.baseline.end(), write);
}

void decode(ByteReader& bytes, DriftState& state) {
    state.newest = bytes.get_signed();
    auto filled = bytes.get<std::uint16_t>();
    const auto read = [&](Bucket& bucket) {
        if ((filled & 1U) != 0) {
            const std::uint64_t count = bytes.get_varint();
            if (count > std::numeric_limits<std::uint32_t>::max()) bytes.spoil();
            bucket.count = static_cast<std::uint32_t>(count);
            bucket.mean = bytes.get_real();
            if (count > 1) bucket.squares = bytes.get_real();
        }
        filled = static_cast<std::uint16_t>(filled >> 1U);
    };
    std::for_each(state.window.begin(), state.window.end(), read);
    std::for_each(state.baseline.begin(), state.baseline.end(), read);
}

}  // namespace aftercare::collector
