// Reading windows: samples go in one by one, a Reading with n, mean, min, max, last and deviation
// of each metric comes out. A few floats a metric, no history.
#pragma once

#include <cstdint>
#include <span>

#include "common/telemetry.hpp"

namespace aftercare::agent {

class ReadingWindow {
  public:
    /// False when the value is not finite or a 17th metric comes: the sample is not counted.
    bool sample(std::uint32_t metric_id, float value);
    /// Gives the window that ends now and begins the next. Metrics keep their place; one without
    /// samples is left out.
    Reading take(std::uint32_t window_ms);
    [[nodiscard]] bool empty() const { return sampled_ == 0; }
    /// Last value of the chosen metrics, for the snapshot of a fault. Unknown ones are left out.
    [[nodiscard]] BoundedList<MetricValue, kSnapshotMetricsMax> snapshot(
        std::span<const std::uint32_t> metric_ids) const;

  private:
    struct Slot {
        std::uint32_t metric_id = 0;
        std::uint32_t n = 0;
        float mean = 0;
        float squares = 0;  // sum of squared distances from the mean
        float min = 0;
        float max = 0;
        float last = 0;
        bool known = false;
    };
    Slot* slot_of(std::uint32_t metric_id);
    std::array<Slot, kMetricsPerReadingMax> slots_{};
    std::uint32_t sampled_ = 0;
};

}  // namespace aftercare::agent
