#include "collector/core/learn/backtest.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace aftercare::collector {
namespace {

class DeviceRun {
  public:
    DeviceRun(const DeviceHistory& history, const Detector& detector, Opening opening)
        : history_(history),
          detector_(detector),
          opening_(opening),
          state_(detector.begin(history.device.model)) {
        detector.describe(state_, {history.device.firmware, history.device.installed_at});
    }

    /// Of one moment outcomes first: a desk's decision is about the past.
    std::vector<BacktestTicket> run() {
        auto outcome = history_.outcomes.begin();
        for (const TimedRecord& one : history_.records) {
            for (; outcome != history_.outcomes.end() && outcome->at <= one.at; ++outcome) {
                on_outcome(*outcome);
            }
            listen(one.at);
            observe(one);
            heard_at_ = one.at;
        }
        for (; outcome != history_.outcomes.end(); ++outcome) on_outcome(*outcome);
        listen(history_.end);
        return std::move(tickets_);
    }

  private:
    void on_outcome(const HistoryOutcome& outcome) {
        lapse(outcome.at);
        std::erase_if(open_, [&](const auto& item) {
            BacktestTicket& ticket = tickets_[item.second];
            const bool ends = ticket.ticket.component == outcome.component;
            if (ends) ticket.ticket.resolved_at = outcome.at;
            return ends;
        });
        if (outcome.component.empty() || life_end(outcome.code) == LifeEnd::untouched) return;
        detector_.part_replaced(state_, outcome.component, outcome.at);
    }

    /// What the time without a record said; a collector that could not hear is not known here.
    void listen(WallTime now) {
        if (!heard_at_) return;
        detections_.clear();
        detector_.listen(state_, *heard_at_, now, detections_);
        for (const Detection& detection : detections_) open(detection, detection.at);
    }

    void observe(const TimedRecord& one) {
        lapse(one.at);
        detections_.clear();
        detector_.observe(state_, one.record, one.at, detections_);
        for (const Detection& detection : detections_) open(detection, one.at);
    }

    [[nodiscard]] bool opens(const Rule& rule) const {
        if (opening_ == Opening::as_live) return rule.mode != RuleMode::shelved;
        return rule.mode == RuleMode::live && rule.action == RuleAction::ticket;
    }

    [[nodiscard]] bool has_failed_already(const std::string& component, WallTime at) const {
        return std::any_of(history_.outcomes.begin(), history_.outcomes.end(),
                           [&](const HistoryOutcome& outcome) {
                               return outcome.failed_at && outcome.component == component &&
                                      *outcome.failed_at <= at && at < outcome.at;
                           });
    }

    void open(const Detection& detection, WallTime at) {
        const Rule& rule = detector_.pack().rules[detection.rule_index];
        if (!opens(rule) || open_.contains(rule.failure_mode)) return;
        if (has_failed_already(rule.component, at)) return;
        open_.emplace(rule.failure_mode, tickets_.size());
        const HistoryDevice& device = history_.device;
        BacktestTicket made{.rule_index = detection.rule_index};
        made.ticket.id = device.id + "/" + rule.failure_mode + "/" + std::to_string(unix_ms(at));
        made.ticket.device_id = device.id;
        made.ticket.model = device.model;
        made.ticket.firmware = device.firmware;
        made.ticket.component = rule.component;
        made.ticket.failure_mode = rule.failure_mode;
        made.ticket.rule = rule_name(rule);
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

    const DeviceHistory& history_;
    const Detector& detector_;
    Opening opening_;
    DetectState state_;
    std::optional<WallTime> heard_at_;
    std::vector<Detection> detections_;
    std::vector<BacktestTicket> tickets_;
    std::map<std::string, std::size_t> open_;  ///< failure mode → ticket
};

}  // namespace

std::vector<BacktestTicket> backtest(const DeviceHistory& history, const Detector& detector,
                                     Opening opening) {
    return DeviceRun(history, detector, opening).run();
}

std::vector<BacktestTicket> backtest(const Fleet& fleet, const Catalogue& catalogue,
                                     const Detector& detector) {
    std::vector<BacktestTicket> tickets;
    for (std::uint32_t d = 0; d < fleet.devices.size(); ++d) {
        const FleetDevice& device = fleet.devices[d];
        const HistoryDevice& info = fleet.histories[device.history].devices[device.device];
        const ModelInfo* model = catalogue.model(info.model);
        if (model == nullptr) continue;
        for (BacktestTicket& made : backtest(device_history(fleet, device, *model), detector)) {
            made.device = d;
            tickets.push_back(std::move(made));
        }
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
