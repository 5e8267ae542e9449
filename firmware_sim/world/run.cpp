#include "firmware_sim/world/run.hpp"

#include <algorithm>
#include <utility>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "firmware_sim/model/fleet.hpp"
#include "firmware_sim/world/run_stage.hpp"
#include "firmware_sim/world/trace_writer.hpp"

namespace aftercare::sim {
namespace {

constexpr milliseconds kHour{3'600'000};

class HouseholdFeed final : public DeviceFeed {
  public:
    /// `trace` may be null.
    HouseholdFeed(Household& household, TruthLedger& truth, WallTime end, TraceWriter* trace)
        : household_(household), truth_(truth), end_(end), trace_(trace) {
        if (trace_ != nullptr) trace_->device(household_.registration());
    }

    [[nodiscard]] collector::DeviceInfo registration() const override {
        return household_.registration();
    }
    [[nodiscard]] WallTime next_at() const override {
        const WallTime next = household_.appliance().now();
        return next + kHour <= end_ ? next : kNever;
    }
    void advance(WallTime now, std::vector<Emission>& telemetry,
                 std::vector<collector::Command>& commands) override {
        household_.advance(now + kHour, telemetry, commands, truth_);
        if (trace_ == nullptr) return;
        const collector::DeviceInfo info = household_.registration();
        for (const Emission& emission : telemetry) trace_->telemetry(info, emission);
        for (const collector::Command& command : commands) trace_->command(command);
    }
    void on_notice(const Notice& notice, WallTime now) override {
        household_.on_notice(notice, now);
    }
    [[nodiscard]] SelfTest self_test(const SelfTestRequest& request) const override {
        return household_.appliance().self_test(request);
    }

  private:
    Household& household_;
    TruthLedger& truth_;
    WallTime end_;
    TraceWriter* trace_;
};

class CentreDesk final : public DeskFeed {
  public:
    CentreDesk(ServiceCentre centre, std::vector<Household>& fleet, TruthLedger& truth,
               WallTime begin, TraceWriter* trace)
        : centre_(std::move(centre)), truth_(truth), next_at_(begin), trace_(trace) {
        for (auto& household : fleet) by_id_.emplace(household.appliance().device_id(), &household);
    }
    void see(const collector::Ticket& ticket, WallTime now) override { centre_.see(ticket, now); }
    [[nodiscard]] WallTime next_at() const override { return next_at_; }
    void act(WallTime now, std::vector<collector::Command>& commands) override {
        centre_.act(
            now, [this](std::string_view id) { return find(id); }, truth_, commands);
        if (trace_ != nullptr) {
            for (const collector::Command& command : commands) trace_->command(command);
        }
        next_at_ = now + kHour;
    }

  private:
    Household* find(std::string_view device_id) {
        const auto found = by_id_.find(std::string(device_id));
        return found == by_id_.end() ? nullptr : found->second;
    }
    ServiceCentre centre_;
    TruthLedger& truth_;
    WallTime next_at_;
    TraceWriter* trace_;
    std::map<std::string, Household*> by_id_;
};

std::vector<collector::Ticket> tickets_of(const Oracle& oracle) {
    std::vector<collector::Ticket> tickets;
    for (const auto& [id, ticket] : oracle.tickets()) tickets.push_back(ticket);
    return tickets;
}

void score_fleet(const Scenario& scenario, const World& world, const TruthLedger& truth,
                 RunSummary& summary) {
    const auto tickets = tickets_of(world.oracle());
    const auto failures = failures_of(truth);
    summary.prediction = score(tickets, failures,
                               {.horizon = scenario.score_horizon,
                                .begin = scenario.start,
                                .end = scenario.start + hours_ms(24.0 * scenario.days)});
    summary.horizon = scenario.score_horizon;
    for (const Episode& episode : truth.episodes()) {
        if (!episode.failed_at && episode.would_fail_at) ++summary.prevented_failures;
    }
}

/// A trial called right is so when its part was really failing then; one called wrong, when the
/// part kept its function to the end of the horizon.
bool is_true(const collector::Trial& trial, const TruthLedger& truth) {
    const WallTime horizon_end = trial.at + hours_ms(trial.horizon_h);
    const bool said_right = *collector::right(trial.state);
    bool failing = false, lost_function = false;
    for (const Episode& episode : truth.episodes()) {
        if (episode.device_id != trial.device_id || episode.component != trial.component) continue;
        const bool over = episode.ended_at && *episode.ended_at < trial.at;
        failing |= !over && episode.onset_at <= horizon_end;
        const auto failure = episode.failure();
        lost_function |= failure && *failure > trial.at && *failure <= horizon_end;
    }
    return said_right ? failing : !lost_function;
}

Status score_trials(const std::string& path, const TruthLedger& truth, RunSummary& summary) {
    auto queries = collector::SqliteQueries::open(path);
    if (!queries) return fail(queries.error());
    const auto rows = (*queries)->rule_rows();
    if (!rows) return fail(rows.error());
    std::uint64_t agree = 0;
    for (const collector::Trial& trial : rows->trials) {
        if (!collector::right(trial.state)) continue;
        ++summary.trials_decided;
        if (is_true(trial, truth)) ++agree;
    }
    if (summary.trials_decided > 0) {
        summary.trials_true =
            static_cast<double>(agree) / static_cast<double>(summary.trials_decided);
    }
    return {};
}

std::optional<double> as_double(std::uint64_t count) {
    return static_cast<double>(count);
}

}  // namespace

bool RunSummary::passed() const {
    return verdict.violation_count == 0 &&
           std::all_of(expect.begin(), expect.end(), [](const auto& check) { return check.held; });
}

std::optional<double> figure(const RunSummary& summary, const std::string& name) {
    if (name.rfind("kpi.", 0) == 0) {
        const auto found = summary.kpis.find(name.substr(4));
        if (found == summary.kpis.end()) return std::nullopt;
        return found->second;
    }
    if (name == "lost") return as_double(summary.verdict.lost);
    if (name == "duplicates") return as_double(summary.verdict.duplicates);
    if (name == "violations") return as_double(summary.verdict.violation_count);
    if (name == "records") return as_double(summary.verdict.records);
    if (name == "declared_lost") return as_double(summary.verdict.declared_lost);
    if (name == "tickets") return as_double(summary.prediction.tickets + summary.reactive_tickets);
    if (name == "refused") {
        std::uint64_t refused = 0;
        for (const auto count : summary.totals.refused) refused += count;
        return as_double(refused);
    }
    if (name == "prediction.precision") return summary.prediction.precision;
    if (name == "prediction.recall") return summary.prediction.recall;
    if (name == "prediction.f1") return summary.prediction.f1;
    if (name == "prediction.median_lead_h") return summary.prediction.median_lead_h;
    if (name == "prediction.tickets") return as_double(summary.prediction.tickets);
    if (name == "prediction.failures") return as_double(summary.prediction.failures);
    if (name == "rules_shelved") return as_double(summary.rules_shelved);
    if (name == "trials_decided") return as_double(summary.trials_decided);
    if (name == "trials_true") return summary.trials_true;
    if (name == "prevented_failures") return as_double(summary.prevented_failures);
    return std::nullopt;
}

Result<RunSummary> run_fleet(const Scenario& scenario, const collector::Catalogue& catalogue,
                             const collector::RulePack& rules, const RunOptions& options) {
    const auto stage = RunStage::set(catalogue, rules, options);
    if (!stage) return fail(stage.error());
    std::unique_ptr<TraceWriter> trace;
    if (!options.trace_folder.empty()) {
        auto writer = TraceWriter::create(options.trace_folder, catalogue);
        if (!writer) return fail(writer.error());
        trace = std::move(*writer);
    }
    TruthLedger truth;
    std::vector<Household> fleet = make_fleet(scenario);
    CentreDesk desk(make_centre(scenario), fleet, truth, scenario.start, trace.get());
    const WallTime end = scenario.start + hours_ms(24.0 * scenario.days);
    WorldParts parts;
    for (auto& household : fleet) {
        parts.devices.push_back(
            std::make_unique<HouseholdFeed>(household, truth, end, trace.get()));
    }
    parts.desk = &desk;
    parts.collector = (*stage)->collector(scenario.tenant, scenario.collector);
    World world(std::move(parts), {.seed = scenario.seed,
                                   .tenant = scenario.tenant,
                                   .begin = scenario.start,
                                   .end = end,
                                   .agent = scenario.agent,
                                   .link = scenario.link,
                                   .broker = scenario.broker});
    if (auto lived = world.run(options.progress); !lived) return fail(lived.error());
    if (trace) {
        if (auto written = trace->finish(failures_of(truth)); !written)
            return fail(written.error());
    }

    RunSummary summary{.name = scenario.name,
                       .seed = scenario.seed,
                       .devices = scenario.fleet.device_count,
                       .days = static_cast<double>(scenario.days)};
    summary.ended_at = end;
    if (auto judged = (*stage)->judge(world, summary); !judged) return fail(judged.error());
    score_fleet(scenario, world, truth, summary);
    if (auto scored = score_trials((*stage)->database_path(), truth, summary); !scored) {
        return fail(scored.error());
    }
    (*stage)->finish(scenario.expect, summary);
    return summary;
}

}  // namespace aftercare::sim
