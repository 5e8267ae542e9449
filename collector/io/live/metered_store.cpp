#include "collector/io/live/metered_store.hpp"

#include <algorithm>
#include <chrono>

namespace aftercare::collector {

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
    if (commit.raw.empty()) return status;
    double records = 0;
    milliseconds lag{0};
    for (const RawReport& report : commit.raw) {
        records += report.record_count;
        lag = std::max(lag, report.received_at - report.t0);
    }
    figures_.batch_records.observe(records);
    figures_.event_lag_seconds = static_cast<double>(lag.count()) / 1000.0;
    return status;
}

void MeteredStore::report(LiveFigures& figures) const {
    figures.batch_records = figures_.batch_records;
    figures.commit_seconds = figures_.commit_seconds;
    figures.commit_failures = figures_.commit_failures;
    figures.store_error = figures_.store_error;
    figures.event_lag_seconds = figures_.event_lag_seconds;
}

}  // namespace aftercare::collector
