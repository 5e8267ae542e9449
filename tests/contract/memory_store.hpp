// The store as plain containers, for tests of everything that uses one. Held to the same contract
// test as the real one. Copying it is a snapshot; assigning it back is a crash before the commits
// between. Thread: one.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "collector/ports/queries.hpp"
#include "collector/ports/store.hpp"

namespace aftercare::collector::testing {

struct MemoryTables {
    std::map<DeviceNo, DeviceStateRow> devices;
    std::map<std::pair<DeviceNo, std::uint64_t>, StreamRow> streams;
    std::map<DeviceNo, SettingsRow> settings;
    std::map<DeviceNo, PresenceRow> presences;
    std::vector<RawReport> raw;
    std::map<std::tuple<DeviceNo, std::uint64_t, Seq>, FaultRow> faults;
    std::map<std::tuple<DeviceNo, std::uint64_t, std::size_t, Seq>, GapRow> gaps;
    std::map<std::pair<std::string, RefusalReason>, QuarantineSummary> quarantine;
    /// By tenant, reason and slot.
    std::map<std::tuple<std::string, RefusalReason, std::uint64_t>, QuarantineSample> samples;
    std::map<std::string, Ticket> tickets;
    std::map<std::pair<std::string, std::uint32_t>, TicketEvent> events;
    std::map<std::string, Contact> contacts;
    std::map<std::string, Outcome> outcomes;
    std::map<std::string, Trial> trials;
    std::map<std::pair<std::string, std::uint32_t>, RuleStanding> standings;
    std::map<std::string, SlaTerms> sla_terms;
    std::map<std::pair<std::string, std::string>, DeskDue> desk_due;
    std::map<std::string, Watch> watches;
    std::map<std::string, Problem> problems;
    std::map<std::pair<std::string, DeviceNo>, ProblemDevice> problem_devices;
    std::map<std::pair<std::string, std::uint32_t>, ProblemEvent> problem_events;
    Totals totals;
};

class MemoryStore final : public Store {
  public:
    Result<Loaded> load(const Settings& settings, WallTime now) override;
    Status apply(const Commit& commit) override;

    /// The next `count` applies fail as a full disk would (or with `code`), changing nothing.
    void fail_next(unsigned count, Errc code = Errc::unavailable) {
        failures_left_ = count;
        failure_ = code;
    }
    [[nodiscard]] const MemoryTables& tables() const { return tables_; }

  private:
    MemoryTables tables_;
    unsigned failures_left_ = 0;
    Errc failure_ = Errc::unavailable;
};

class MemoryQueries final : public Queries {
  public:
    explicit MemoryQueries(const MemoryStore& store) : store_(store) {}

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

  private:
    const MemoryStore& store_;
};

}  // namespace aftercare::collector::testing
