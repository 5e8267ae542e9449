#include "collector/core/learn/fit/drift_witness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aftercare::collector {
namespace {

constexpr std::array<Side, 2> kSides{Side::above, Side::below};
constexpr milliseconds kMomentStep = hours_ms(12);
constexpr double kMomentsMax = 20'000;
constexpr double kPriorReadingsMax = 168;  // a week of hourly readings

bool overlaps(const std::vector<Span>& spans, WallTime from, WallTime to) {
    const auto after = std::lower_bound(spans.begin(), spans.end(), from,
                                        [](const Span& s, WallTime at) { return s.end < at; });
    return after != spans.end() && after->start <= to;
}

void shorten(Episodes& episodes, milliseconds fresh) {
    for (auto& spans : episodes) {
        for (Span& span : spans) span.end = std::min(span.end, span.start + fresh);
    }
}

std::vector<bool> drifting(const std::vector<Episodes>& drifts, std::uint32_t device, WallTime from,
                           WallTime to) {
    std::vector<bool> pass;
    for (const Episodes& drift : drifts) pass.push_back(overlaps(drift[device], from, to));
    return pass;
}

std::vector<double> ages_of(const std::vector<Episodes>& drifts, const TrialTicket& ticket) {
    std::vector<double> ages;
    for (const Episodes& drift : drifts) {
        double age = std::numeric_limits<double>::quiet_NaN();
        for (const Span& span : drift[ticket.device]) {
            if (span.start <= ticket.opened && ticket.opened <= span.end) {
                age = as_hours(ticket.opened - span.start);
            }
        }
        ages.push_back(age);
    }
    return ages;
}

/// A failure of this component lies ahead or just behind: not a chance moment.
bool failing(const FleetDevice& device, const TriggerOf& of, WallTime from, WallTime to) {
    return std::any_of(
        device.repairs.begin(), device.repairs.end(), [&](const FleetRepair& repair) {
            return repair.component == of.component && repair.end == LifeEnd::failed &&
                   from <= repair.at + of.trigger.horizon &&
                   to >= repair.at - 2 * of.trigger.horizon;
        });
}

}  // namespace

DriftWitness::DriftWitness(const Fleet& fleet, std::span<const TriggerOf> triggers)
    : fleet_(fleet), triggers_(triggers) {
    for (std::uint32_t metric = 0; metric < fleet.metrics.size(); ++metric) {
        scales_.push_back(scale_of(fleet, metric));
        for (const Side side : kSides) names_.push_back({metric, side});
    }
    double watched_h = 0;
    for (const FleetDevice& device : fleet.devices) {
        if (!device.readings.empty()) watched_h += as_hours(device.end - device.begin);
    }
    moment_step_ = std::max(kMomentStep, hours_ms(watched_h / kMomentsMax));
}

double DriftWitness::readings_in(milliseconds window) const {
    double most = 0;
    for (const MetricScale& scale : scales_) {
        if (scale.spacing.count() > 0) {
            most = std::max(most, as_hours(window) / as_hours(scale.spacing));
        }
    }
    return most;
}

std::vector<DriftWitness::Table> DriftWitness::tables_of(const DriftShape& shape) const {
    std::vector<Table> tables(triggers_.size());
    for (std::uint32_t metric = 0; metric < scales_.size(); ++metric) {
        const Predicate drift =
            drift_predicate(fleet_, scales_[metric], {metric, Side::above}, shape);
        const Deviations plain = deviations(fleet_, metric, drift);
        for (std::size_t t = 0; t < triggers_.size(); ++t) {
            tables[t].push_back(
                deviations_of(fleet_, metric, drift, triggers_[t].component, plain));
        }
    }
    return tables;
}

DriftWitness::Drifts DriftWitness::drifts_of(const std::vector<Table>& tables, double limit) const {
    Drifts drifts(tables.size());
    for (std::size_t i = 0; i < names_.size() && !tables.empty(); ++i) {
        const auto [metric, side] = names_[i];
        const Deviations& first = tables.front()[metric];
        drifts.front().push_back(drift_episodes(fleet_, first, side, limit));
        for (std::size_t t = 1; t < tables.size(); ++t) {
            drifts[t].push_back(drift_episodes_like(fleet_, tables[t][metric], side, limit, first,
                                                    drifts.front()[i]));
        }
    }
    return drifts;
}

std::vector<Passes> DriftWitness::testify(const std::vector<Table>& tables, const Drifts& drifts,
                                          const DriftShape& shape) const {
    std::vector<Passes> all;
    for (std::size_t t = 0; t < triggers_.size(); ++t) {
        all.push_back(passes_of(triggers_[t], tables[t], drifts[t], shape));
    }
    return all;
}

Passes DriftWitness::passes_of(const TriggerOf& of, const Table& table,
                               const std::vector<Episodes>& drifts, const DriftShape& shape) const {
    const milliseconds hold = std::min(shape.hold, hold_of(of.trigger));
    std::vector<Episodes> young = drifts;
    for (Episodes& episodes : young) shorten(episodes, shape.fresh);
    Passes passes;
    for (const TrialTicket& ticket : of.trigger.tally.tickets) {
        if (!ticket.announced || !under_telemetry(ticket)) continue;
        const WallTime to = std::min(ticket.opened + hold, ticket.ended);
        passes.right.push_back(drifting(young, ticket.device, ticket.opened, to));
        passes.peaks.push_back(peaks_of(table, ticket.device, ticket.opened, to));
        passes.ages_h.push_back(ages_of(drifts, ticket));
    }
    for (std::uint32_t d = 0; d < fleet_.devices.size(); ++d) {
        const FleetDevice& device = fleet_.devices[d];
        if (device.readings.empty()) continue;
        for (WallTime from = device.begin + of.trigger.horizon; from + hold <= device.end;
             from += moment_step_) {
            if (failing(device, of, from, from + hold)) continue;
            passes.chance.push_back(drifting(young, d, from, from + hold));
        }
    }
    return passes;
}

bool DriftWitness::under_telemetry(const TrialTicket& ticket) const {
    const FleetDevice& device = fleet_.devices[ticket.device];
    return !device.readings.empty() && device.readings.front().at < ticket.opened &&
           device.readings.back().at >= ticket.opened;
}

/// From the last reading before `from` on; 0 where nothing was judged.
std::vector<double> DriftWitness::peaks_of(const Table& table, std::uint32_t device, WallTime from,
                                           WallTime to) const {
    const auto& readings = fleet_.devices[device].readings;
    const auto after = std::upper_bound(
        readings.begin(), readings.end(), from,
        [](WallTime at, const HistoryReading& reading) { return at < reading.at; });
    const auto first = static_cast<std::size_t>(after - readings.begin()) - 1;
    std::vector<double> peaks;
    for (const DriftName& name : names_) {
        double peak = -INFINITY;
        for (std::size_t i = first; i < readings.size() && readings[i].at <= to; ++i) {
            const auto z = static_cast<double>((*table[name.metric][device])[i]);
            if (!std::isnan(z)) peak = std::max(peak, name.side == Side::above ? z : -z);
        }
        peaks.push_back(std::isfinite(peak) ? peak : 0);
    }
    return peaks;
}

double rounded(double value, int digits) {
    if (value == 0 || !std::isfinite(value)) return value;
    const double scale = std::pow(10, digits - 1 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

Predicate drift_predicate(const Fleet& fleet, const MetricScale& scale, DriftName name,
                          const DriftShape& shape) {
    Predicate node;
    node.kind = PredicateKind::drift;
    node.metric = fleet.metrics[name.metric];
    node.side = name.side;
    node.limit = shape.limit;
    node.clear_limit = shape.limit / 2;
    node.window = shape.window;
    node.baseline = shape.baseline;
    if (shape.fresh < kAlways) node.counts_for = shape.fresh;
    if (scale.spacing.count() > 0) {
        const double expected =
            static_cast<double>(shape.window.count()) / static_cast<double>(scale.spacing.count());
        node.samples_min = static_cast<std::uint32_t>(std::clamp(expected / 2, 2.0, 1000.0));
    }
    if (scale.deviation > 0) {
        const double between = scale.between_deviation * scale.between_deviation;
        const double within = scale.deviation * scale.deviation;
        const double worth = between > 0 ? within / between : kPriorReadingsMax;
        node.prior_mean = rounded(scale.mean, 4);
        node.prior_deviation = rounded(scale.deviation, 4);
        node.prior_readings = static_cast<std::uint32_t>(std::clamp(worth, 1.0, kPriorReadingsMax));
    }
    return node;
}

}  // namespace aftercare::collector
