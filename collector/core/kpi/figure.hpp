// Collects the members of one KPI and turns them into its figures. Internal to the KPI core.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/kpi/board.hpp"
#include "collector/core/kpi/statistics.hpp"

namespace aftercare::collector {

class Figure {
  public:
    Figure(std::string_view id, const KpiOptions& options, int days = 0);

    /// `id` is the ticket (device, customer) to list when somebody drills down.
    void add_denominator(const std::string& id);
    void add_numerator(const std::string& id);
    /// A member of the population, and whether it counts.
    void add(const std::string& id, bool counts);
    void add_duration(const std::string& id, double value);
    void add_pending(std::uint64_t count = 1) { kpi_.pending += count; }
    /// For denominators that are no count of rows (device-months).
    void set_denominator(double value) { kpi_.denominator = value; }

    /// Numerator part of denominator: percentage with Wilson's interval.
    Kpi share();
    /// Ratio of two counts of different things, as a percentage.
    Kpi ratio();
    /// Counted events per known number of occasions, as a percentage.
    Kpi events_per_occasion();
    Kpi per_thousand();
    Kpi count();
    Kpi duration();
    Kpi survival(const SurvivalCurve& curve);

  private:
    void set_interval(const std::optional<Interval>& interval, double scale);

    Kpi kpi_;
    bool drill_down_ = false;
    std::vector<double> durations_;
};

}  // namespace aftercare::collector
