// Reading windows: samples go in one by one, Readings with n, mean, min, max, last and deviation of
// each metric come out. A few floats a metric, no history.
#pragma once

#include <cstdint>
#include <span>

#include "common/telemetry.hpp"

namespace aftercare::agent {

/// One metric's memory; the caller keeps an array of them.
struct MetricSlot {
    std::uint32_t metric_id = 0;
    std::uint32_t n = 0;
    float mean = 0;
    float squares = 0;  ///< sum of squared distances from the mean
    float min = 0;
    float max = 0;
    float last = 0;
    bool known = false;
};

class ReadingWindow {
  public:
    /// Lifetime: `slots` must outlive the window; as many metrics as slots are known.
    explicit ReadingWindow(std::span<MetricSlot> slots) : slots_(slots) {}

    /// False when the value is not finite or there is no slot left: the sample is not counted.
    bool sample(std::uint32_t metric_id, float value);
    /// Only these appear in readings; all when empty.  Lifetime: until the next call.
    void report_only(std::span<const std::uint32_t> metric_ids) { only_ = metric_ids; }
    /// Gives a reading of up to 16 metrics of the window that ends now and begins the next one for
    /// them; call until it holds none. Metrics keep their place; one without samples is left out.
    Reading take(std::uint32_t window_ms);
    [[nodiscard]] bool empty() const;
    /// Last value of the chosen metrics, for the snapshot of a fault. Unknown ones are left out.
    [[nodiscard]] BoundedList<MetricValue, kSnapshotMetricsMax> snapshot(
        std::span<const std::uint32_t> metric_ids) const;

  private:
    MetricSlot* slot_of(std::uint32_t metric_id);
    [[nodiscard]] bool is_reported(std::uint32_t metric_id) const;
    std::span<MetricSlot> slots_;
    std::span<const std::uint32_t> only_;
};

}  // namespace aftercare::agent
