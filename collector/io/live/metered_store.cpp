#include "collector/io/live/metered_store.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "collector/core/desk/service_levels.hpp"

namespace aftercare::collector {

namespace {

double thread_cpu_s() {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

}  // namespace

void MeteredStore::count_service_level(const TicketEvent& event) {
    if (event.kind != kSlaAtRisk && event.kind != kSlaBreached) return;
    auto& counts = event.kind == kSlaAtRisk ? figures_.sla_at_risk : figures_.sla_breaches;
    for (std::size_t i = 0; i < kSlaTargetCount; ++i) {
        if (event.why.rfind(to_string(static_cast<SlaTarget>(i)), 0) == 0) ++counts[i];
    }
}

Status MeteredStore::apply(const Commit& commit) {
    const auto begin = std::chrono::steady_clock::now();
    Status status = store_.apply(commit);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    figures_.store_error = status ? std::string{} : status.error().message;
    if (!status) {
        ++figures_.commit_failures;
        return status;
    }
    figures_.commit_seconds.observe(spent.count());
    for (const TicketEvent& event : commit.events) {
        count_service_level(event);
        if (event.to) ++figures_.ticket_changes[static_cast<std::size_t>(*event.to)];
    }
    figures_.gaps += commit.gaps.size();
    for (const RuleStanding& standing : commit.standings) {
        const bool by_itself = standing.who == kEngine;
        ++(by_itself ? figures_.rules_shelved_by_engine : figures_.rules_changed_by_person);
        if (on_standing_) on_standing_(standing);
    }
    if (commit.raw.empty()) return status;
    double records = 0;
    for (const RawReport& report : commit.raw) {
        records += report.record_count;
        // A device whose clock runs ahead is not late.
        const auto lag = std::max(milliseconds{0}, report.received_at - report.t0);
        figures_.event_lag_seconds.observe(std::chrono::duration<double>(lag).count());
    }
    figures_.batch_records.observe(records);
    figures_.batch_reports.observe(static_cast<double>(commit.raw.size()));
    return status;
}

Result<bool> MeteredStore::maintain(WallTime now) {
    const double begin = thread_cpu_s();
    Result<bool> more = store_.maintain(now);
    figures_.housekeeping_seconds += thread_cpu_s() - begin;
    if (!more) ++figures_.housekeeping_failures;
    return more;
}

void MeteredStore::report(LiveFigures& figures) const {
    figures.ticket_changes = figures_.ticket_changes;
    figures.rules_shelved_by_engine = figures_.rules_shelved_by_engine;
    figures.rules_changed_by_person = figures_.rules_changed_by_person;
    figures.sla_at_risk = figures_.sla_at_risk;
    figures.sla_breaches = figures_.sla_breaches;
    figures.gaps = figures_.gaps;
    figures.batch_records = figures_.batch_records;
    figures.batch_reports = figures_.batch_reports;
    figures.commit_seconds = figures_.commit_seconds;
    figures.commit_failures = figures_.commit_failures;
    figures.housekeeping_seconds = figures_.housekeeping_seconds;
    figures.housekeeping_failures = figures_.housekeeping_failures;
    figures.store_error = figures_.store_error;
    figures.event_lag_seconds = figures_.event_lag_seconds;
}

}  // namespace aftercare::collector
