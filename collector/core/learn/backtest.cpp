#include "collector/core/learn/backtest.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace aftercare::collector {
namespace {

/// Ids of the fleet's names in one model of the catalogue; 0 = it has no such name.
struct ModelNames {
    std::vector<std::uint32_t> faults, metrics;
};

ModelNames names_in(const Fleet& fleet, const ModelInfo& model) {
    ModelNames names;
    for (const std::string& code : fleet.codes) {
        const FaultInfo* fault = model.fault(std::string_view(code));
        names.faults.push_back(fault == nullptr ? 0 : fault->id);
    }
    for (const std::string& name : fleet.metrics) {
        const MetricInfo* metric = model.metric(std::string_view(name));
        names.metrics.push_back(metric == nullptr ? 0 : metric->id);
    }
    return names;
}

/// One device's life in order of time: outcomes first, then faults, then readings of one moment,
/// as a desk's decision about the past comes before what is measured next.
class DeviceRun {
  public:
    DeviceRun(const Fleet& fleet, std::uint32_t number, const ModelNames& names,
              const Detector& detector, std::vector<BacktestTicket>& tickets)
        : fleet_(fleet),
          device_(fleet.devices[number]),
          number_(number),
          names_(names),
          detector_(detector),
          tickets_(tickets),
          info_(fleet.histories[device_.history].devices[device_.device]),
          state_(detector.begin(info_.model)) {}

    void run() {
        std::size_t repair = 0, fault = 0, reading = 0;
        while (repair < device_.repairs.size() || fault < device_.faults.size() ||
               reading < device_.readings.size()) {
            const WallTime repair_at = time_at(device_.repairs, repair);
            const WallTime fault_at = time_at(device_.faults, fault);
            const WallTime reading_at = time_at(device_.readings, reading);
            if (repair_at <= fault_at && repair_at <= reading_at) {
                on_repair(device_.repairs[repair++]);
            } else if (fault_at <= reading_at) {
                on_fault(device_.faults[fault++]);
            } else {
                on_reading(device_.readings[reading++]);
            }
        }
    }

  private:
    template <class Rows>
    static WallTime time_at(const Rows& rows, std::size_t i) {
        return i < rows.size() ? rows[i].at : WallTime::max();
    }

    void on_repair(const FleetRepair& repair) {
        lapse(repair.at);
        const std::string& component = fleet_.components[repair.component];
        std::erase_if(open_, [&](const auto& item) {
            BacktestTicket& ticket = tickets_[item.second];
            const bool ends = ticket.ticket.component == component;
            if (ends) ticket.ticket.resolved_at = repair.at;
            return ends;
        });
        if (repair.end != LifeEnd::untouched) detector_.part_replaced(state_, component, repair.at);
    }

    void on_fault(const FleetFault& fault) {
        if (names_.faults[fault.code] == 0) return;
        observe({.body = Fault{.code = names_.faults[fault.code], .state = FaultState::occurred}},
                fault.at);
    }

    void on_reading(const HistoryReading& reading) {
        Reading body;
        for (std::uint32_t m = 0; m < fleet_.metrics.size(); ++m) {
            const float value = fleet_.value(device_, reading, m);
            if (std::isnan(value) || names_.metrics[m] == 0) continue;
            if (body.metrics.full()) observe({.body = std::exchange(body, {})}, reading.at);
            body.metrics.add({.metric_id = names_.metrics[m],
                              .n = 1,
                              .mean = value,
                              .min = value,
                              .max = value,
                              .last = value});
        }
        if (body.metrics.count > 0) observe({.body = body}, reading.at);
    }

    void observe(const Record& record, WallTime at) {
        lapse(at);
        detections_.clear();
        detector_.observe(state_, record, at, detections_);
        for (const Detection& detection : detections_) open(detection, at);
    }

    void open(const Detection& detection, WallTime at) {
        const Rule& rule = detector_.pack().rules[detection.rule_index];
        if (rule.mode == RuleMode::shelved) return;
        if (open_.contains(rule.failure_mode)) return;
        open_.emplace(rule.failure_mode, tickets_.size());
        BacktestTicket made{.rule_index = detection.rule_index, .device = number_};
        made.ticket.id = info_.id + "/" + rule.failure_mode + "/" + std::to_string(unix_ms(at));
        made.ticket.device_id = info_.id;
        made.ticket.model = info_.model;
        made.ticket.firmware = info_.firmware;
        made.ticket.component = rule.component;
        made.ticket.failure_mode = rule.failure_mode;
        made.ticket.rule = rule.id + "@" + std::to_string(rule.version);
        made.ticket.probability = detection.probability;
        made.ticket.horizon_h = as_hours(rule.horizon);
        made.ticket.detected_at = detection.at;
        made.ticket.opened_at = at;
        tickets_.push_back(std::move(made));
    }

    void lapse(WallTime now) {
        std::erase_if(open_, [&](const auto& item) {
            BacktestTicket& ticket = tickets_[item.second];
            const milliseconds horizon = hours_ms(ticket.ticket.horizon_h);
            const bool over = now > ticket.ticket.opened_at + horizon &&
                              !detector_.stands(state_, ticket.rule_index, now);
            if (over) ticket.ticket.closed_at = now;
            return over;
        });
    }

    const Fleet& fleet_;
    const FleetDevice& device_;
    std::uint32_t number_;
    const ModelNames& names_;
    const Detector& detector_;
    std::vector<BacktestTicket>& tickets_;
    const HistoryDevice& info_;
    DetectState state_;
    std::vector<Detection> detections_;
    std::map<std::string, std::size_t> open_;  ///< failure mode → ticket
};

}  // namespace

std::vector<BacktestTicket> backtest(const Fleet& fleet, const Catalogue& catalogue,
                                     const Detector& detector) {
    std::map<std::string, ModelNames> by_model;
    std::vector<BacktestTicket> tickets;
    for (std::uint32_t d = 0; d < fleet.devices.size(); ++d) {
        const FleetDevice& device = fleet.devices[d];
        const std::string& id = fleet.histories[device.history].devices[device.device].model;
        const ModelInfo* model = catalogue.model(id);
        if (model == nullptr) continue;
        if (!by_model.contains(id)) by_model.emplace(id, names_in(fleet, *model));
        DeviceRun(fleet, d, by_model.at(id), detector, tickets).run();
    }
    return tickets;
}

std::vector<TrueFailure> failures_of(const Fleet& fleet) {
    std::vector<TrueFailure> failures;
    for (const FleetDevice& device : fleet.devices) {
        const HistoryDevice& info = fleet.histories[device.history].devices[device.device];
        for (const FleetRepair& repair : device.repairs) {
            if (repair.end != LifeEnd::failed) continue;
            failures.push_back({info.id, fleet.components[repair.component], repair.at});
        }
    }
    return failures;
}

}  // namespace aftercare::collector
