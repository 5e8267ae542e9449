#include "firmware_sim/world/run.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <utility>

#include <unistd.h>

#include "collector/core/kpi/board.hpp"
#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "firmware_sim/model/fleet.hpp"
#include "firmware_sim/world/database_check.hpp"
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

Status read_kpis(const std::string& path, const Oracle& oracle, RunSummary& summary) {
    auto queries = collector::SqliteQueries::open(path);
    if (!queries) return fail(queries.error());
    const auto rows = (*queries)->kpi_rows();
    if (!rows) return fail(rows.error());
    if (rows->tickets.size() != oracle.tickets().size()) {
        return fail(Errc::corrupt, "the database holds " + std::to_string(rows->tickets.size()) +
                                       " tickets, but " + std::to_string(oracle.tickets().size()) +
                                       " were committed");
    }
    const auto board = collector::kpi_board(*rows, {WallTime::min(), summary.ended_at}, {}, {});
    if (!board) return fail(board.error());
    for (const auto& kpi : *board) {
        if (kpi.value) summary.kpis[kpi.id] = *kpi.value;
    }
    return {};
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

double core_seconds() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

RunDatabase::RunDatabase(const std::string& path) : path_(path), temporary_(path.empty()) {
    if (!temporary_) return;
    const char* folder = std::getenv("TMPDIR");
    std::string name = std::string(folder != nullptr ? folder : "/tmp") + "/aftercare-sim-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name + "/run.db";
}

RunDatabase::~RunDatabase() {
    if (!temporary_ || path_.empty()) return;
    std::error_code ignored;  // a left-over file in the temporary folder harms nobody
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path(), ignored);
}

Status RunDatabase::fresh() const {
    if (path_.empty())
        return fail(Errc::unavailable, "no temporary folder can be made: set TMPDIR");
    std::error_code error;
    if (std::filesystem::exists(path_, error) && std::filesystem::file_size(path_, error) > 0) {
        return fail(Errc::conflict, path_ +
                                        ": exists already; a run starts with an empty database, so "
                                        "remove it, name another or say --overwrite");
    }
    return {};
}

std::vector<RunDocument> documents_of(const collector::Catalogue& catalogue,
                                      const RunOptions& options) {
    std::vector<RunDocument> documents{{collector::Document::catalogue, "catalogue.toml",
                                        collector::catalogue_to_toml(catalogue)}};
    if (!options.rules_text.empty()) {
        documents.push_back(
            {collector::Document::rule_pack, options.rules_name, options.rules_text});
    }
    return documents;
}

Status judge(World& world, const std::string& database_path,
             const collector::VerifyKnowledge& knowledge, RunSummary& summary) {
    summary.totals = world.collector().statistics().totals;
    summary.rules_shelved = world.collector().statistics().rules_shelved;
    const bool drained = world.drained();
    world.close();
    Oracle& oracle = world.oracle();
    if (!drained) oracle.violation("agents still hold records a week after the faults ended");
    if (auto checked = check_database(database_path, knowledge, oracle); !checked) return checked;
    oracle.finish();
    const auto hash = collector::database_content_hash(database_path);
    if (!hash) return fail(hash.error());
    summary.database_hash = *hash;
    summary.trace_hash = world.trace_hash();
    summary.verdict = oracle.verdict();
    summary.faults = world.faults();
    summary.collector = world.collector().counters();
    summary.command_refusals = world.collector().refusals();
    for (const auto& [id, ticket] : oracle.tickets()) {
        if (ticket.origin == collector::Origin::reactive) ++summary.reactive_tickets;
    }
    return read_kpis(database_path, oracle, summary);
}

void check_expectations(const std::vector<Expectation>& bounds, RunSummary& summary) {
    for (const Expectation& bound : bounds) {
        CheckedExpectation check{.bound = bound, .value = figure(summary, bound.figure)};
        check.held = check.value && (!bound.at_least || *check.value >= *bound.at_least) &&
                     (!bound.at_most || *check.value <= *bound.at_most);
        summary.expect.push_back(std::move(check));
    }
}

Result<RunSummary> run_fleet(const Scenario& scenario, const collector::Catalogue& catalogue,
                             const collector::RulePack& rules, const RunOptions& options) {
    const double core_before = core_seconds();
    const auto detector = collector::Detector::create(rules, catalogue);
    if (!detector) return fail(detector.error());
    const RunDatabase database(options.database_path);
    if (auto fresh = database.fresh(); !fresh) return fail(fresh.error());

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
    CollectorHost::Setup& setup = parts.collector;
    setup.settings.tenants = {scenario.tenant};
    setup.catalogue = &catalogue;
    setup.detector = detector->get();
    setup.database_path = database.path();
    setup.open_store = options.open_store;
    setup.documents = documents_of(catalogue, options);
    setup.options = scenario.collector;
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
    if (auto judged = judge(world, database.path(), {&catalogue, detector->get()}, summary);
        !judged)
        return fail(judged.error());
    score_fleet(scenario, world, truth, summary);
    if (auto scored = score_trials(database.path(), truth, summary); !scored) {
        return fail(scored.error());
    }
    summary.core_seconds = core_seconds() - core_before;
    check_expectations(scenario.expect, summary);
    return summary;
}

}  // namespace aftercare::sim
