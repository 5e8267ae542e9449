#include "collector/core/detect/drift.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace aftercare::collector {
namespace {

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    const std::int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

std::size_t slot(std::int64_t number) {
    return static_cast<std::size_t>(number - floor_div(number, kDriftBuckets) * kDriftBuckets);
}

/// The two rings of one state, addressed by bucket number since the epoch.
class Rings {
  public:
    Rings(const Predicate& predicate, std::vector<Bucket>& buckets)
        : fine_ms_(predicate.window.count() / kDriftBuckets),
          coarse_ms_(predicate.baseline.count() / kDriftBuckets),
          buckets_(buckets) {}

    [[nodiscard]] std::int64_t fine_number(WallTime at) const {
        return floor_div(unix_ms(at), fine_ms_);
    }
    /// Newest baseline bucket while `newest` is the newest of the window.
    [[nodiscard]] std::int64_t coarse_newest(std::int64_t newest) const {
        return coarse_number(newest - kDriftBuckets);
    }
    [[nodiscard]] WallTime fine_start(std::int64_t number) const {
        return wall_from_unix_ms(number * fine_ms_);
    }
    [[nodiscard]] WallTime coarse_start(std::int64_t number) const {
        return wall_from_unix_ms(number * coarse_ms_);
    }
    [[nodiscard]] milliseconds fine_span() const { return milliseconds{fine_ms_}; }
    [[nodiscard]] milliseconds coarse_span() const { return milliseconds{coarse_ms_}; }
    Bucket& fine(std::int64_t number) { return buckets_[slot(number)]; }
    Bucket& coarse(std::int64_t number) { return buckets_[kFineCount + slot(number)]; }

    /// Makes `to` the newest bucket of the window; what leaves the window enters the baseline.
    void advance(std::int64_t& newest, std::int64_t to) {
        const std::int64_t leaving = std::min(to - newest, kDriftBuckets);
        std::int64_t filled = coarse_newest(newest);
        for (std::int64_t i = 0; i < leaving; ++i) {
            const std::int64_t number = newest - kDriftBuckets + 1 + i;
            const std::int64_t into = coarse_number(number);
            clear_coarse(filled, into);
            filled = into;
            add(coarse(into), fine(number).moments());
            fine(number) = {};
        }
        clear_coarse(filled, coarse_newest(to));
        newest = to;
    }

  private:
    static constexpr auto kFineCount = static_cast<std::size_t>(kDriftBuckets);

    [[nodiscard]] std::int64_t coarse_number(std::int64_t fine) const {
        return floor_div(fine * fine_ms_, coarse_ms_);
    }
    // Buckets after `from` up to `to` begin empty: their slots held what is too old by now.
    void clear_coarse(std::int64_t from, std::int64_t to) {
        for (std::int64_t n = std::max(from + 1, to - kDriftBuckets + 1); n <= to; ++n)
            coarse(n) = {};
    }

    std::int64_t fine_ms_;
    std::int64_t coarse_ms_;
    std::vector<Bucket>& buckets_;
};

Moments total(const Bucket* first) {
    Moments sum;
    for (const Bucket* bucket = first; bucket != first + kDriftBuckets; ++bucket) {
        if (bucket->count > 0) sum = merge(sum, bucket->moments());
    }
    return sum;
}

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

Verdict judge(const Predicate& predicate, DriftState& state, bool was_true, float value,
              WallTime at) {
    Rings rings(predicate, state.buckets);
    const std::int64_t number = rings.fine_number(at);
    if (state.buckets.empty()) {
        state.buckets.resize(2 * kDriftBuckets);
        state.newest = number;
    }
    if (number > state.newest) rings.advance(state.newest, number);
    add(rings.fine(number), {1, static_cast<double>(value), 0});

    const Moments window = total(state.buckets.data());
    if (window.count < predicate.samples_min) return {};
    const Baseline baseline = baseline_of(predicate, total(state.buckets.data() + kDriftBuckets));
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
    if (state.buckets.empty()) return;
    Rings rings(predicate, state.buckets);
    const std::int64_t coarse_newest = rings.coarse_newest(state.newest);
    for (std::int64_t back = 0; back < kDriftBuckets; ++back) {
        const std::int64_t fine = state.newest - back;
        if (rings.fine_start(fine) < at) rings.fine(fine) = {};
        const std::int64_t coarse = coarse_newest - back;
        if (rings.coarse_start(coarse) < at) rings.coarse(coarse) = {};
    }
}

std::vector<Point> points_of(const Predicate& predicate, const DriftState& state) {
    std::vector<Point> points;
    if (state.buckets.empty()) return points;
    std::vector<Bucket> buckets = state.buckets;
    Rings rings(predicate, buckets);
    const auto take = [&](const Bucket& bucket, WallTime start, milliseconds span) {
        if (bucket.count > 0) points.push_back({start + span / 2, bucket.mean});
    };
    const std::int64_t coarse_newest = rings.coarse_newest(state.newest);
    for (std::int64_t n = coarse_newest - kDriftBuckets + 1; n <= coarse_newest; ++n) {
        take(rings.coarse(n), rings.coarse_start(n), rings.coarse_span());
    }
    for (std::int64_t n = state.newest - kDriftBuckets + 1; n <= state.newest; ++n) {
        take(rings.fine(n), rings.fine_start(n), rings.fine_span());
    }
    return points;
}

void encode(const DriftState& state, ByteWriter& bytes) {
    std::uint16_t filled = 0;
    for (std::size_t i = 0; i < state.buckets.size(); ++i) {
        if (state.buckets[i].count > 0) filled = static_cast<std::uint16_t>(filled | 1U << i);
    }
    bytes.put(static_cast<std::uint8_t>(state.buckets.empty() ? 0 : 1));
    if (state.buckets.empty()) return;
    bytes.put(state.newest);
    bytes.put(filled);
    for (const Bucket& bucket : state.buckets) {
        if (bucket.count == 0) continue;
        bytes.put(bucket.count);
        bytes.put(std::bit_cast<std::uint32_t>(bucket.mean));
        bytes.put(std::bit_cast<std::uint32_t>(bucket.squares));
    }
}

void decode(ByteReader& bytes, DriftState& state) {
    if (bytes.get<std::uint8_t>() == 0) return;
    state.newest = bytes.get<std::int64_t>();
    const auto filled = bytes.get<std::uint16_t>();
    state.buckets.resize(2 * kDriftBuckets);
    for (std::size_t i = 0; i < state.buckets.size(); ++i) {
        if ((filled >> i & 1U) == 0) continue;
        state.buckets[i].count = bytes.get<std::uint32_t>();
        state.buckets[i].mean = std::bit_cast<float>(bytes.get<std::uint32_t>());
        state.buckets[i].squares = std::bit_cast<float>(bytes.get<std::uint32_t>());
    }
}

}  // namespace aftercare::collector
