// Readings kept for a small plot of a long stretch: when there is no more room, every second one
// goes, and from then on half as many are taken.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/core/detect/stored_time.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct Point {
    WallTime at{};
    float value = 0;
};

inline constexpr std::size_t kTrailPointsMax = 8;

class Trail {
  public:
    void add(Point point);
    void clear() { *this = {}; }
    [[nodiscard]] bool empty() const { return points_.empty(); }
    /// Oldest first, the newest reading always last.
    [[nodiscard]] std::vector<Point> points() const;

    void encode(const StoredTimes& times, ByteWriter& bytes) const;
    /// A damaged one spoils the reader.
    void decode(ByteReader& bytes, const StoredTimes& times);

  private:
    std::vector<Point> points_;  ///< of every stride-th reading
    Point newest_{};
    std::uint32_t stride_ = 1;
    std::uint32_t skipped_ = 0;  ///< readings since the last one taken, below stride
};

void put_points(const std::vector<Point>& points, const StoredTimes& times, ByteWriter& bytes);
void get_points(ByteReader& bytes, const StoredTimes& times, std::vector<Point>& points);

}  // namespace aftercare::collector
