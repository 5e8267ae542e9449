// What readings say about triggers: at each right ticket and at chance moments, which drifts were
// there, how far out, and since when.
#pragma once

#include <span>
#include <vector>

#include "collector/core/learn/fit/drift_shape.hpp"
#include "collector/core/learn/fit/trigger.hpp"

namespace aftercare::collector {

/// A trigger looked for on one component.
struct TriggerOf {
    std::uint32_t component = 0;
    Trigger trigger;
};

/// What right tickets of one component and chance moments say about each drift.
struct Passes {
    std::vector<std::vector<bool>> right;     ///< by right ticket, by drift
    std::vector<std::vector<double>> peaks;   ///< likewise: furthest out, in SD
    std::vector<std::vector<double>> ages_h;  ///< likewise: since the drift began; NaN = no drift
    std::vector<std::vector<bool>> chance;    ///< by moment, by drift
};

class DriftWitness {
  public:
    /// Lifetime: both must outlive the witness.
    DriftWitness(const Fleet& fleet, std::span<const TriggerOf> triggers);

    /// Deviations of one window: by trigger, by metric. Repairs of the trigger's component restart
    /// the baseline.
    using Table = std::vector<Deviations>;
    [[nodiscard]] std::vector<Table> tables_of(const DriftShape& shape) const;
    /// Episodes beyond a limit: by trigger, by drift.
    using Drifts = std::vector<std::vector<Episodes>>;
    [[nodiscard]] Drifts drifts_of(const std::vector<Table>& tables, double limit) const;
    /// By trigger.
    [[nodiscard]] std::vector<Passes> testify(const std::vector<Table>& tables,
                                              const Drifts& drifts, const DriftShape& shape) const;

    /// Every metric, to both sides.
    [[nodiscard]] const std::vector<DriftName>& names() const { return names_; }
    /// Of the metric that reports most often.
    [[nodiscard]] double readings_in(milliseconds window) const;

  private:
    [[nodiscard]] Passes passes_of(const TriggerOf& of, const Table& table,
                                   const std::vector<Episodes>& drifts,
                                   const DriftShape& shape) const;
    [[nodiscard]] std::vector<double> peaks_of(const Table& table, std::uint32_t device,
                                               WallTime from, WallTime to) const;
    [[nodiscard]] bool under_telemetry(const TrialTicket& ticket) const;

    const Fleet& fleet_;
    std::span<const TriggerOf> triggers_;
    std::vector<MetricScale> scales_;
    std::vector<DriftName> names_;
    milliseconds moment_step_{};
};

}  // namespace aftercare::collector
