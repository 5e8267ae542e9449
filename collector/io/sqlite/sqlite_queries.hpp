// The reading side of the SQLite store, on a read-only connection of its own: never waits for the
// writer, never makes it wait, sees committed data only.
// Thread: one instance per thread; several may read one file at once.
#pragma once

#include <memory>
#include <string>

#include "collector/ports/queries.hpp"

namespace aftercare::collector {

class SqliteQueries final : public Queries {
  public:
    /// Errors: unavailable (missing, locked, older schema), corrupt, invalid (not ours, newer
    /// schema).
    static Result<std::unique_ptr<SqliteQueries>> open(const std::string& path);
    ~SqliteQueries() override;
    SqliteQueries(const SqliteQueries&) = delete;
    SqliteQueries& operator=(const SqliteQueries&) = delete;

    Result<Page<Ticket>> tickets(const TicketFilter& filter) override;
    Result<TicketDetail> ticket(const std::string& id) override;
    Result<std::vector<CentreLoad>> centre_loads(const std::string& tenant) override;
    Result<Page<Outcome>> outcomes(const OutcomeFilter& filter) override;
    Result<Outcome> outcome(const std::string& tenant, const std::string& id) override;
    Result<Page<Problem>> problems(const ProblemFilter& filter) override;
    Result<ProblemDetail> problem(const ProblemDeviceFilter& filter) override;
    Result<Page<DeviceInfo>> devices(const DeviceFilter& filter) override;
    Result<DeviceInfo> device(const std::string& tenant, const std::string& device_id) override;
    Result<std::vector<FaultRow>> faults(DeviceNo device_no, std::size_t limit) override;
    Result<Series> telemetry(const SeriesFilter& filter) override;
    Result<KpiRows> kpi_rows() override;
    Result<RuleRows> rule_rows() override;
    Result<std::vector<QuarantineSummary>> quarantine(const OwnerFilter& tenant) override;
    Result<std::vector<QuarantineSample>> quarantine_samples(RefusalReason reason,
                                                             const OwnerFilter& tenant) override;
    Result<Counts> counts() override;
    Result<AnswerRow> answer(const std::string& tenant, const std::string& token,
                             const std::string& key) override;
    Result<EventPage> events(const EventFilter& filter) override;
    Result<std::uint64_t> newest_event() override;

  private:
    SqliteQueries();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
