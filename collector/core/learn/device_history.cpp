#include "collector/core/learn/device_history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/sorted.hpp"

namespace aftercare::collector {
namespace {

void add_readings(const Fleet& fleet, const FleetDevice& device, const ModelInfo& model,
                  std::vector<TimedRecord>& records) {
    std::vector<std::uint32_t> ids;
    for (const std::string& name : fleet.metrics) {
        const MetricInfo* metric = model.metric(std::string_view(name));
        ids.push_back(metric == nullptr ? 0 : metric->id);
    }
    for (const HistoryReading& reading : device.readings) {
        Reading body;
        for (std::uint32_t m = 0; m < fleet.metrics.size(); ++m) {
            const float value = fleet.value(device, reading, m);
            if (std::isnan(value) || ids[m] == 0) continue;
            if (body.metrics.full()) {
                records.push_back({reading.at, {.body = std::exchange(body, {})}});
            }
            body.metrics.add({.metric_id = ids[m],
                              .n = 1,
                              .mean = value,
                              .min = value,
                              .max = value,
                              .last = value});
        }
        if (body.metrics.count > 0) records.push_back({reading.at, {.body = body}});
    }
}

}  // namespace

DeviceHistory device_history(const Fleet& fleet, const FleetDevice& device,
                             const ModelInfo& model) {
    DeviceHistory history{.device = fleet.histories[device.history].devices[device.device],
                          .begin = device.begin,
                          .end = device.end,
                          .history_end = device.history_end};
    for (const FleetRepair& repair : device.repairs) {
        HistoryOutcome outcome{.at = repair.done_at,
                               .component = fleet.components[repair.component],
                               .code = repair.code};
        if (repair.at < repair.done_at) outcome.failed_at = repair.at;
        history.outcomes.push_back(std::move(outcome));
    }
    std::stable_sort(history.outcomes.begin(), history.outcomes.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const FleetFault& fault : device.faults) {
        const FaultInfo* info = model.fault(std::string_view(fleet.codes[fault.code]));
        if (info == nullptr) continue;
        history.records.push_back(
            {fault.at, {.body = Fault{.code = info->id, .state = FaultState::occurred}}});
    }
    const auto faults = static_cast<std::ptrdiff_t>(history.records.size());
    add_readings(fleet, device, model, history.records);
    // Of one moment the fault first: it travels in the urgent lane.
    std::inplace_merge(history.records.begin(), history.records.begin() + faults,
                       history.records.end(),
                       [](const TimedRecord& a, const TimedRecord& b) { return a.at < b.at; });
    return history;
}

HistoryBuilder::HistoryBuilder(std::string name, const Catalogue& catalogue)
    : catalogue_(catalogue) {
    history_.name = std::move(name);
    for (const ModelInfo& model : catalogue.models) {
        for (const MetricInfo& metric : model.metrics) history_.metrics.push_back(metric.name);
        for (const FaultInfo& fault : model.faults) all_codes_.push_back(fault.name);
    }
    sort_unique(history_.metrics);
    sort_unique(all_codes_);
    metric_used_.resize(history_.metrics.size(), false);
}

void HistoryBuilder::add(const DeviceHistory& history) {
    const auto device = static_cast<std::uint32_t>(history_.devices.size());
    history_.devices.push_back(history.device);
    history_.watched_to = std::max(history_.watched_to, history.history_end);
    for (const HistoryOutcome& outcome : history.outcomes) {
        history_.outcomes.push_back(outcome);
        history_.outcomes.back().device = device;
        if (!outcome.component.empty()) history_.components.push_back(outcome.component);
    }
    const ModelInfo* model = catalogue_.model(history.device.model);
    if (model == nullptr) return;
    for (const TimedRecord& one : history.records) add_record(*model, one, device);
}

void HistoryBuilder::add_record(const ModelInfo& model, const TimedRecord& one,
                                std::uint32_t device) {
    if (const auto* fault = std::get_if<Fault>(&one.record.body)) {
        const FaultInfo* info = model.fault(fault->code);
        if (info == nullptr) return;
        const auto code = static_cast<std::uint32_t>(place_in(all_codes_, info->name));
        // A storm folded into one record stays one row: when each came is not known.
        history_.faults.push_back({one.at, device, code, fault->state});
        return;
    }
    const auto* reading = std::get_if<Reading>(&one.record.body);
    if (reading == nullptr) return;
    const std::size_t first = history_.values.size();
    const auto row = static_cast<std::uint32_t>(history_.readings.size());
    history_.values.resize(first + history_.metrics.size(),
                           std::numeric_limits<float>::quiet_NaN());
    for (const MetricSummary& summary : reading->metrics) {
        const MetricInfo* info = model.metric(summary.metric_id);
        if (info == nullptr) continue;
        const std::size_t column = place_in(history_.metrics, info->name);
        history_.values[first + column] = summary.mean;
        metric_used_[column] = true;
    }
    history_.readings.push_back({one.at, device, row});
}

/// In place, for the values of a large fleet are most of its memory.
void HistoryBuilder::drop_unused_metrics() {
    const std::size_t width = metric_used_.size();
    std::vector<std::string> kept_names;
    for (std::size_t m = 0; m < width; ++m) {
        if (metric_used_[m]) kept_names.push_back(std::move(history_.metrics[m]));
    }
    history_.metrics = std::move(kept_names);
    if (history_.metrics.size() == width) return;
    std::size_t to = 0;
    for (std::size_t from = 0; from < history_.values.size(); ++from) {
        if (metric_used_[from % width]) history_.values[to++] = history_.values[from];
    }
    history_.values.resize(to);
}

History HistoryBuilder::finish() {
    drop_unused_metrics();
    std::vector<std::string> codes;
    for (const HistoryFault& fault : history_.faults) codes.push_back(all_codes_[fault.code]);
    sort_unique(codes);
    for (HistoryFault& fault : history_.faults) {
        fault.code = static_cast<std::uint32_t>(place_in(codes, all_codes_[fault.code]));
    }
    history_.fault_codes = std::move(codes);
    sort_unique(history_.components);
    std::stable_sort(history_.outcomes.begin(), history_.outcomes.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::move(history_);
}

}  // namespace aftercare::collector
