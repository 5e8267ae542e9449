// Values of one metric over time, folded into buckets when there are more than are wanted.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/telemetry.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kSeriesPointsMax = 10'000;

/// One reading, or all that ended in a bucket.
struct SeriesPoint {
    WallTime at{};  ///< end of the reading's window; start of the bucket
    std::uint64_t sample_count = 0;
    double mean = 0;  ///< of the samples
    double min = 0;
    double max = 0;
    bool operator==(const SeriesPoint&) const = default;
};

struct Series {
    milliseconds bucket{0};  ///< 0: every point is a reading
    std::vector<SeriesPoint> points;
};

/// Takes readings in any order and gives at most `points_max` points: the readings themselves, or
/// the narrowest of some round buckets (1 s, 10 s, 1 min, 5 min, 15 min, 1 h, 3 h, 6 h, 12 h, and
/// 1, 7, 28, 364 days since 1970, all time) with which there are so few. Memory: points_max + 1
/// points. Pre: points_max > 0.
class SeriesFold {
  public:
    explicit SeriesFold(std::size_t points_max) : points_max_(points_max) {}
    void add(WallTime at, const MetricSummary& reading);
    [[nodiscard]] Series series() const;

  private:
    struct Sum {
        std::uint64_t sample_count = 0;
        double sum = 0;
        double min = 0;
        double max = 0;
    };
    [[nodiscard]] std::int64_t bucket_start(std::int64_t at_ms) const;
    void put(std::int64_t at_ms, const Sum& more);
    void widen();

    const std::size_t points_max_;
    std::size_t width_ = 0;               ///< place in the list of widths
    std::map<std::int64_t, Sum> points_;  ///< by start, ms since 1970
};

}  // namespace aftercare::collector
