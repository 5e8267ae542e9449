#include "firmware_sim/world/replay.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "firmware_sim/world/run_stage.hpp"

namespace aftercare::sim {
namespace {

/// Ids of the trace's names in the catalogue, by model.
struct Names {
    std::vector<std::uint32_t> metrics;  ///< by column; 0 = the model has no such metric
    std::vector<std::uint32_t> faults;   ///< by index in fault_codes; 0 likewise
};

Result<std::map<std::string, Names>> resolve(const collector::History& history,
                                             const collector::Catalogue& catalogue) {
    std::map<std::string, Names> by_model;
    for (const auto& device : history.devices) {
        if (by_model.count(device.model) > 0) continue;
        const auto* model = catalogue.model(device.model);
        if (model == nullptr) {
            return fail(Errc::invalid, "the catalogue has no model '" + device.model +
                                           "' of the trace's device " + device.id);
        }
        Names names;
        for (const auto& name : history.metrics) {
            const auto* metric = model->metric(std::string_view(name));
            names.metrics.push_back(metric == nullptr ? 0 : metric->id);
        }
        for (const auto& name : history.fault_codes) {
            const auto* fault = model->fault(std::string_view(name));
            names.faults.push_back(fault == nullptr ? 0 : fault->id);
        }
        by_model.emplace(device.model, std::move(names));
    }
    return by_model;
}

/// The rows of one device, told at their own times.
class TraceFeed final : public DeviceFeed {
  public:
    TraceFeed(const collector::History& history, std::uint32_t device, const Names& names,
              const std::string& tenant)
        : history_(history), device_(device), names_(names), tenant_(tenant) {
        const auto rows_of = [device](const auto& list) {
            const auto [first, last] = std::equal_range(list.begin(), list.end(), device, Before{});
            return std::pair{static_cast<std::size_t>(first - list.begin()),
                             static_cast<std::size_t>(last - list.begin())};
        };
        std::tie(reading_, readings_end_) = rows_of(history.readings);
        std::tie(fault_, faults_end_) = rows_of(history.faults);
    }

    [[nodiscard]] collector::DeviceInfo registration() const override {
        const collector::HistoryDevice& device = history_.devices[device_];
        collector::DeviceInfo info;
        info.tenant = tenant_;
        info.device_id = device.id;
        info.model = device.model;
        info.firmware = device.firmware;
        info.region = device.region;
        info.customer_id = device.customer_id;
        info.installed_at = device.installed_at;
        info.warranty_until = device.warranty_until;
        return info;
    }

    [[nodiscard]] WallTime next_at() const override {
        WallTime next = kNever;
        if (reading_ < readings_end_) next = history_.readings[reading_].at;
        if (fault_ < faults_end_) next = std::min(next, history_.faults[fault_].at);
        return next;
    }

    void advance(WallTime now, std::vector<Emission>& telemetry,
                 std::vector<collector::Command>&) override {
        for (; fault_ < faults_end_ && history_.faults[fault_].at <= now; ++fault_) {
            const collector::HistoryFault& fault = history_.faults[fault_];
            const std::uint32_t code = names_.faults[fault.code];
            if (code != 0) telemetry.push_back({now, Fault{.code = code, .state = fault.state}});
        }
        for (; reading_ < readings_end_ && history_.readings[reading_].at <= now; ++reading_) {
            tell_reading(history_.readings[reading_], telemetry);
        }
    }

    void on_notice(const Notice&, WallTime) override {}
    [[nodiscard]] SelfTest self_test(const SelfTestRequest& request) const override {
        return {.test_id = request.test_id,
                .request_id = request.request_id,
                .result = TestResult::unsupported};
    }

  private:
    struct Before {
        template <class Row>
        bool operator()(const Row& row, std::uint32_t device) const {
            return row.device < device;
        }
        template <class Row>
        bool operator()(std::uint32_t device, const Row& row) const {
            return device < row.device;
        }
    };

    /// A row with more metrics than a record holds becomes several records.
    void tell_reading(const collector::HistoryReading& row,
                      std::vector<Emission>& telemetry) const {
        Reading reading;
        for (std::size_t i = 0; i < history_.metrics.size(); ++i) {
            const float value = history_.values[std::size_t{row.row} * history_.metrics.size() + i];
            if (std::isnan(value) || names_.metrics[i] == 0) continue;
            if (reading.metrics.full()) telemetry.push_back({row.at, std::exchange(reading, {})});
            reading.metrics.add({.metric_id = names_.metrics[i],
                                 .n = 1,
                                 .mean = value,
                                 .min = value,
                                 .max = value,
                                 .last = value});
        }
        if (reading.metrics.count > 0) telemetry.push_back({row.at, reading});
    }

    const collector::History& history_;
    std::uint32_t device_;
    const Names& names_;
    const std::string& tenant_;
    std::size_t reading_ = 0, readings_end_ = 0, fault_ = 0, faults_end_ = 0;
};

/// Submits the recorded outcomes when they happened; those from before the telemetry at once.
class OutcomeDesk final : public DeskFeed {
  public:
    OutcomeDesk(const collector::History& history, const std::string& tenant)
        : history_(history), tenant_(tenant) {}

    void see(const collector::Ticket&, WallTime) override {}
    [[nodiscard]] WallTime next_at() const override {
        return next_ < history_.outcomes.size() ? history_.outcomes[next_].at : kNever;
    }
    void act(WallTime now, std::vector<collector::Command>& commands) override {
        for (; next_ < history_.outcomes.size() && history_.outcomes[next_].at <= now; ++next_) {
            const collector::HistoryOutcome& row = history_.outcomes[next_];
            collector::Outcome outcome;
            outcome.id = "trace-" + std::to_string(next_ + 1);
            outcome.tenant = tenant_;
            outcome.device_id = history_.devices[row.device].id;
            outcome.at = row.at;
            outcome.code = row.code;
            outcome.component = row.component;
            const bool failed = row.code == collector::OutcomeCode::failure_repaired ||
                                row.code == collector::OutcomeCode::unit_replaced;
            if (failed) outcome.failed_at = row.at;
            commands.emplace_back(collector::SubmitOutcome{std::move(outcome)});
        }
    }

  private:
    const collector::History& history_;
    const std::string& tenant_;
    std::size_t next_ = 0;
};

/// Readings are told as they come, so that a ticket's opening time is honest to the minute; the
/// spool needs room for a few records only.
AgentOptions replay_agent() {
    AgentOptions agent;
    agent.flush_delay = milliseconds{30'000};
    agent.ack_timeout = milliseconds{600'000};
    agent.spool_sector_bytes = 1024;
    agent.spool_sector_count = 5;
    agent.report_bytes_max = 1536;
    return agent;
}

/// As collector/core/learn/score.hpp counts, with the warm-up from the first failure or ticket on.
void score_replay(const collector::Trace& trace, const World& world, const ReplayOptions& replay,
                  RunSummary& summary) {
    std::vector<collector::Ticket> tickets;
    WallTime begin = WallTime::max(), end = WallTime::min();
    for (const auto& [id, ticket] : world.oracle().tickets()) {
        if (ticket.origin == collector::Origin::predicted)
            begin = std::min(begin, ticket.opened_at);
        tickets.push_back(ticket);
    }
    for (const auto& failure : trace.failures) {
        begin = std::min(begin, failure.at);
        end = std::max(end, failure.at);
    }
    summary.prediction =
        score(tickets, trace.failures,
              {.horizon = replay.horizon, .warm_up = replay.warm_up, .begin = begin, .end = end});
    summary.horizon = replay.horizon;
}

}  // namespace

Result<RunSummary> replay_trace(const collector::Trace& trace,
                                const collector::Catalogue& catalogue,
                                const collector::RulePack& rules, const ReplayOptions& replay,
                                const RunOptions& options) {
    const collector::History& history = trace.history;
    const auto begin = history.telemetry_begin();
    if (!begin)
        return fail(Errc::invalid,
                    history.name + ": neither readings.csv nor faults.csv has a row");
    const auto names = resolve(history, catalogue);
    if (!names) return fail(names.error());
    const auto stage = RunStage::set(catalogue, rules, options);
    if (!stage) return fail(stage.error());

    OutcomeDesk desk(history, replay.tenant);
    WorldParts parts;
    for (std::uint32_t device = 0; device < history.devices.size(); ++device) {
        parts.devices.push_back(std::make_unique<TraceFeed>(
            history, device, names->at(history.devices[device].model), replay.tenant));
    }
    parts.desk = &desk;
    parts.collector = (*stage)->collector(replay.tenant, {.batch_period = milliseconds{60'000}});
    const WallTime end = history.end() + milliseconds{60'000};
    World world(
        std::move(parts),
        {.seed = 1, .tenant = replay.tenant, .begin = *begin, .end = end, .agent = replay_agent()});
    if (auto lived = world.run(options.progress); !lived) return fail(lived.error());

    RunSummary summary{.name = history.name,
                       .seed = 1,
                       .devices = static_cast<std::uint32_t>(history.devices.size()),
                       .days = as_hours(end - *begin) / 24,
                       .ended_at = end,
                       .input_errors = trace.error_count};
    if (auto judged = (*stage)->judge(world, summary); !judged) return fail(judged.error());
    score_replay(trace, world, replay, summary);
    (*stage)->finish(replay.expect, summary);
    return summary;
}

}  // namespace aftercare::sim
