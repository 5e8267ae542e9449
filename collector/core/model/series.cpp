#include "collector/core/model/series.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aftercare::collector {

namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
/// Each a multiple of the one before, so that buckets merge whole. The last holds all time there
/// is.
constexpr std::array kWidths{std::int64_t{1}, kSecond,      10 * kSecond,  kMinute,
                             5 * kMinute,     15 * kMinute, kHour,         3 * kHour,
                             6 * kHour,       12 * kHour,   kDay,          7 * kDay,
                             28 * kDay,       364 * kDay,   364'000 * kDay};

}  // namespace

void SeriesFold::add(WallTime at, const MetricSummary& reading) {
    const double count = std::max<std::uint32_t>(reading.n, 1);
    put(unix_ms(at),
        {std::max<std::uint32_t>(reading.n, 1), count * reading.mean, reading.min, reading.max});
    while (points_.size() > points_max_ && width_ + 1 < kWidths.size()) widen();
}

std::int64_t SeriesFold::bucket_start(std::int64_t at_ms) const {
    if (width_ + 1 == kWidths.size()) return 0;
    const std::int64_t width = kWidths.at(width_);
    const std::int64_t into = at_ms % width;
    return at_ms - (into < 0 ? into + width : into);
}

void SeriesFold::put(std::int64_t at_ms, const Sum& more) {
    const auto [place, added] = points_.try_emplace(bucket_start(at_ms), more);
    if (added) return;
    Sum& sum = place->second;
    sum.sample_count += more.sample_count;
    sum.sum += more.sum;
    sum.min = std::min(sum.min, more.min);
    sum.max = std::max(sum.max, more.max);
}

void SeriesFold::widen() {
    ++width_;
    const std::map<std::int64_t, Sum> narrow = std::exchange(points_, {});
    for (const auto& [start, sum] : narrow) put(start, sum);
}

Series SeriesFold::series() const {
    Series series;
    if (width_ > 0) series.bucket = milliseconds{kWidths.at(width_)};
    for (const auto& [start, sum] : points_) {
        series.points.push_back({wall_from_unix_ms(start), sum.sample_count,
                                 sum.sum / static_cast<double>(sum.sample_count), sum.min,
                                 sum.max});
    }
    return series;
}

}  // namespace aftercare::collector
