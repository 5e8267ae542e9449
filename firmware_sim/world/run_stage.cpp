#include "firmware_sim/world/run_stage.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>

#include <unistd.h>

#include "collector/core/kpi/board.hpp"
#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "firmware_sim/world/database_check.hpp"

namespace aftercare::sim {
namespace {

/// CPU time of this process.
double core_seconds() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

/// Empty: none can be made.
std::string temporary_database() {
    const char* folder = std::getenv("TMPDIR");
    std::string name = std::string(folder != nullptr ? folder : "/tmp") + "/aftercare-sim-XXXXXX";
    return mkdtemp(name.data()) == nullptr ? std::string() : name + "/run.db";
}

/// A run is never mixed into an existing database.
Status check_fresh(const std::string& path) {
    if (path.empty()) {
        return fail(Errc::unavailable, "no temporary folder can be made: set TMPDIR");
    }
    std::error_code error;
    if (std::filesystem::exists(path, error) && std::filesystem::file_size(path, error) > 0) {
        return fail(Errc::conflict, path +
                                        ": exists already; a run starts with an empty database, so "
                                        "remove it, name another or say --overwrite");
    }
    return {};
}

/// Catalogue and rules as the database keeps them.
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

RunStage::RunStage(const collector::Catalogue& catalogue, const RunOptions& options)
    : catalogue_(catalogue),
      database_path_(options.database_path.empty() ? temporary_database() : options.database_path),
      temporary_(options.database_path.empty()),
      open_store_(options.open_store),
      documents_(documents_of(catalogue, options)),
      begun_s_(core_seconds()) {}

RunStage::~RunStage() {
    if (!temporary_ || database_path_.empty()) return;
    std::error_code ignored;  // a left-over file in the temporary folder harms nobody
    std::filesystem::remove_all(std::filesystem::path(database_path_).parent_path(), ignored);
}

Result<std::unique_ptr<RunStage>> RunStage::set(const collector::Catalogue& catalogue,
                                                const collector::RulePack& rules,
                                                const RunOptions& options) {
    std::unique_ptr<RunStage> stage(new RunStage(catalogue, options));
    auto detector = collector::Detector::create(rules, catalogue);
    if (!detector) return fail(detector.error());
    stage->detector_ = std::move(*detector);
    if (Status fresh = check_fresh(stage->database_path_); !fresh) return fail(fresh.error());
    return stage;
}

CollectorHost::Setup RunStage::collector(const std::string& tenant,
                                         const CollectorOptions& options) const {
    CollectorHost::Setup setup;
    setup.settings.tenants = {tenant};
    setup.catalogue = &catalogue_;
    setup.detector = detector_.get();
    setup.database_path = database_path_;
    setup.open_store = open_store_;
    setup.documents = documents_;
    setup.options = options;
    return setup;
}

Status RunStage::judge(World& world, RunSummary& summary) const {
    summary.totals = world.collector().statistics().totals;
    summary.rules_shelved = world.collector().statistics().rules_shelved;
    const bool drained = world.drained();
    world.close();
    Oracle& oracle = world.oracle();
    if (!drained) oracle.violation("agents still hold records a week after the faults ended");
    if (auto checked = check_database(database_path_, {&catalogue_, detector_.get()}, oracle);
        !checked)
        return checked;
    oracle.finish();
    const auto hash = collector::database_content_hash(database_path_);
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
    return read_kpis(database_path_, oracle, summary);
}

void RunStage::finish(const std::vector<Expectation>& bounds, RunSummary& summary) const {
    summary.core_seconds = core_seconds() - begun_s_;
    for (const Expectation& bound : bounds) {
        CheckedExpectation check{.bound = bound, .value = figure(summary, bound.figure)};
        check.held = check.value && (!bound.at_least || *check.value >= *bound.at_least) &&
                     (!bound.at_most || *check.value <= *bound.at_most);
        summary.expect.push_back(std::move(check));
    }
}

}  // namespace aftercare::sim
