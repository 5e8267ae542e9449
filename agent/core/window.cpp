#include "agent/core/window.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::agent {

MetricSlot* ReadingWindow::slot_of(std::uint32_t metric_id) {
    for (MetricSlot& slot : slots_) {
        if (slot.known && slot.metric_id == metric_id) return &slot;
        if (!slot.known) {
            slot.known = true;
            slot.metric_id = metric_id;
            return &slot;
        }
    }
    return nullptr;
}

// Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
// Technometrics 4 (1962).
bool ReadingWindow::sample(std::uint32_t metric_id, float value) {
    if (!std::isfinite(value)) return false;
    MetricSlot* slot = slot_of(metric_id);
    if (slot == nullptr || slot->n == UINT32_MAX) return false;
    ++slot->n;
    const float delta = value - slot->mean;
    slot->mean += delta / static_cast<float>(slot->n);
    slot->squares += delta * (value - slot->mean);
    slot->min = slot->n == 1 || value < slot->min ? value : slot->min;
    slot->max = slot->n == 1 || value > slot->max ? value : slot->max;
    slot->last = value;
    return true;
}

bool ReadingWindow::is_reported(std::uint32_t metric_id) const {
    return only_.empty() || std::find(only_.begin(), only_.end(), metric_id) != only_.end();
}

bool ReadingWindow::empty() const {
    for (const MetricSlot& slot : slots_) {
        if (slot.n > 0 && is_reported(slot.metric_id)) return false;
    }
    return true;
}

Reading ReadingWindow::take(std::uint32_t window_ms) {
    Reading reading;
    reading.window_ms = window_ms;
    for (MetricSlot& slot : slots_) {
        if (reading.metrics.full()) break;
        if (slot.n == 0 || !is_reported(slot.metric_id)) continue;
        MetricSummary summary;
        summary.metric_id = slot.metric_id;
        summary.n = slot.n;
        summary.mean = slot.mean;
        summary.min = slot.min;
        summary.max = slot.max;
        summary.last = slot.last;
        if (slot.n > 1) {
            summary.deviation = std::sqrt(slot.squares / static_cast<float>(slot.n - 1));
        }
        reading.metrics.add(summary);
        slot.n = 0;
        slot.mean = 0;
        slot.squares = 0;
    }
    return reading;
}

BoundedList<MetricValue, kSnapshotMetricsMax> ReadingWindow::snapshot(
    std::span<const std::uint32_t> metric_ids) const {
    BoundedList<MetricValue, kSnapshotMetricsMax> values;
    for (const std::uint32_t id : metric_ids) {
        for (const MetricSlot& slot : slots_) {
            if (slot.known && slot.metric_id == id) values.add({id, slot.last});
        }
    }
    return values;
}

}  // namespace aftercare::agent
