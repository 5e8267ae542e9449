#include "collector/core/detect/trail.hpp"

namespace aftercare::collector {

void Trail::add(Point point) {
    newest_ = point;
    if (!points_.empty() && ++skipped_ < stride_) return;
    skipped_ = 0;
    if (points_.size() == kTrailPointsMax) {
        for (std::size_t i = 1; 2 * i < points_.size(); ++i) points_[i] = points_[2 * i];
        points_.resize(kTrailPointsMax / 2);
        stride_ *= 2;
    }
    points_.push_back(point);
}

std::vector<Point> Trail::points() const {
    std::vector<Point> all = points_;
    if (skipped_ > 0) all.push_back(newest_);
    return all;
}

void Trail::encode(const StoredTimes& times, ByteWriter& bytes) const {
    bytes.put_varint(stride_);
    bytes.put_varint(skipped_);
    put_points(points_, times, bytes);
    if (skipped_ == 0) return;
    times.put(bytes, newest_.at);
    bytes.put_real(newest_.value);
}

void Trail::decode(ByteReader& bytes, const StoredTimes& times) {
    const std::uint64_t stride = bytes.get_varint();
    const std::uint64_t skipped = bytes.get_varint();
    if (stride == 0 || stride > 1U << 30U || skipped >= stride) bytes.spoil();
    stride_ = static_cast<std::uint32_t>(stride);
    skipped_ = static_cast<std::uint32_t>(skipped);
    get_points(bytes, times, points_);
    if (points_.size() > kTrailPointsMax) bytes.spoil();
    if (skipped_ == 0 || !bytes.ok()) return;
    newest_.at = times.get(bytes);
    newest_.value = bytes.get_real();
}

void put_points(const std::vector<Point>& points, const StoredTimes& times, ByteWriter& bytes) {
    bytes.put(static_cast<std::uint8_t>(points.size()));
    for (const Point& point : points) {
        times.put(bytes, point.at);
        bytes.put_real(point.value);
    }
}

void get_points(ByteReader& bytes, const StoredTimes& times, std::vector<Point>& points) {
    const auto count = bytes.get<std::uint8_t>();
    for (std::size_t i = 0; i < count && bytes.ok(); ++i) {
        const WallTime at = times.get(bytes);
        points.push_back({at, bytes.get_real()});
    }
}

}  // namespace aftercare::collector
