// The reading side: what the API, the command line and the KPI board ask. Sees committed data only
// and never disturbs the writer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/kpi/rows.hpp"
#include "collector/core/model/rule_record.hpp"
#include "collector/core/model/series.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kPageMax = 1000;

template <class T>
struct Page {
    std::vector<T> items;
    std::string next_cursor;  ///< opaque; empty = last page
};

struct TicketFilter {
    std::string tenant;  ///< empty = all
    std::string device_id;
    std::string centre;
    std::string state;  ///< a state, "open_any", or empty
    std::string origin;
    std::string component;
    std::string sla;    ///< "at_risk", "breached": open ones with a target that is so; or empty
    std::string queue;  ///< "unroutable", "over_capacity": open ones that are so; or empty
    std::string assignee;
    bool escalated = false;  ///< open ones only
    std::size_t limit = 100;
    std::string cursor;
};

struct DeviceFilter {
    std::string tenant;
    std::string model;
    std::size_t limit = 100;
    std::string cursor;
};

struct ProblemFilter {
    std::string tenant;  ///< empty = all
    std::string state;   ///< a state, "unsettled" (open or rolled up), or empty
    std::string rule_id;
    std::string model;
    std::size_t limit = 100;
    std::string cursor;
};

/// A page of one problem's devices, by number.
struct ProblemDeviceFilter {
    std::string problem_id;
    std::size_t limit = 100;
    std::string cursor;
};

struct OutcomeFilter {
    std::string tenant;  ///< empty = all
    std::string centre;
    std::string device_id;
    std::string review;  ///< "open", "decided", "none", or empty
    std::size_t limit = 100;
    std::string cursor;
};

struct SeriesFilter {
    DeviceNo device_no = 0;
    std::uint32_t metric_id = 0;
    std::optional<WallTime> from;
    std::optional<WallTime> to;  ///< exclusive
    std::size_t points_max = 1'000;
};

struct TicketDetail {
    Ticket ticket;
    std::vector<TicketEvent> events;
    std::vector<Contact> contacts;
    std::vector<Outcome> outcomes;
    std::optional<SlaTerms> sla_terms;  ///< none: opened by an earlier program
    std::optional<Watch> watch;         ///< of its last fix; none = never watched
    std::string problem_id;             ///< that it led to or was released from; or empty
};

struct ProblemDetail {
    Problem problem;
    std::vector<ProblemEvent> events;
    Page<ProblemDevice> devices;
};

/// What rules did beside opening tickets.
struct RuleRows {
    std::vector<Trial> trials;            ///< by opened_at, then id
    std::vector<RuleStanding> standings;  ///< whole history, by rule id, then no
};

/// What a centre has of its tenant's open tickets; each count is that of a list with these filters.
struct CentreLoad {
    std::string centre;  ///< empty: those that no centre has
    std::uint64_t open_count = 0;
    std::uint64_t at_risk_count = 0;
    std::uint64_t breached_count = 0;
    std::uint64_t over_capacity_count = 0;
};

/// Whose refused messages: a tenant's, nobody's (an empty one), or without a value all.
using OwnerFilter = std::optional<std::string>;

/// Of one tenant, or of nobody (an empty one).
struct QuarantineSummary {
    std::string tenant;
    RefusalReason reason{};
    std::uint64_t count = 0;
    WallTime last_at{};
    std::string last_detail;
};

/// "unknown_device" and the like.
inline std::optional<RefusalReason> parse_refusal_reason(std::string_view text) {
    for (std::size_t i = 0; i < kRefusalReasonCount; ++i) {
        const auto reason = static_cast<RefusalReason>(i);
        if (text == to_string(reason)) return reason;
    }
    return std::nullopt;
}

/// A refused message as it was kept.
struct QuarantineSample {
    QuarantineKey key;
    std::string detail;
    std::string topic;
    std::string bytes;             ///< cut at kQuarantineSampleBytesMax
    std::uint64_t size_bytes = 0;  ///< as received
    WallTime received_at{};
    [[nodiscard]] bool whole() const { return bytes.size() == size_bytes; }
};
/// Pre: `sample` is whole.
inline RetryRefused again(QuarantineSample sample) {
    return {sample.key, std::move(sample.topic), std::move(sample.bytes), sample.received_at};
}

/// Totals that `doctor`, `/metrics` and the simulator's checks read.
struct Counts {
    Totals totals;
    std::uint64_t devices = 0;
    std::uint64_t raw_reports = 0;  ///< stored, young or in chunks
    std::uint64_t raw_records = 0;
    std::uint64_t expired_records = 0;  ///< taken out by retention
    std::uint64_t chunks = 0;
    std::uint64_t faults = 0;
    std::uint64_t gaps = 0;
    std::uint64_t gap_records = 0;
    std::uint64_t open_tickets = 0;
    std::uint64_t tickets = 0;
    std::uint64_t outcomes = 0;
};

struct EventFilter {
    std::string tenant;
    std::string centre;  ///< empty = all
    bool rule_changes = false;
    std::uint64_t after = 0;
    std::size_t limit = 200;
};

/// An event, or a change of what a rule may do, and its place in the order in which they were
/// stored.
struct PlacedEvent {
    std::uint64_t position = 0;
    std::variant<TicketEvent, RuleStanding> event;
};
struct EventPage {
    std::vector<PlacedEvent> items;
    std::uint64_t through = 0;  ///< what is not in `items` up to here is none of the listener's
};

class Queries {
  public:
    virtual ~Queries() = default;
    // All: errors invalid (a cursor or filter that makes no sense), not_found, unavailable,
    // corrupt. A limit above kPageMax counts as kPageMax; 0 is invalid. Tickets: newest opened
    // first.
    virtual Result<Page<Ticket>> tickets(const TicketFilter& filter) = 0;
    virtual Result<TicketDetail> ticket(const std::string& id) = 0;
    /// By centre; of those that have open tickets. Cost: reads the index of open tickets, and the
    /// tickets that are at risk or late.
    virtual Result<std::vector<CentreLoad>> centre_loads(const std::string& tenant) = 0;
    /// Newest first.
    virtual Result<Page<Outcome>> outcomes(const OutcomeFilter& filter) = 0;
    /// Errors: not_found.
    virtual Result<Outcome> outcome(const std::string& tenant, const std::string& id) = 0;
    /// Newest first.
    virtual Result<Page<Problem>> problems(const ProblemFilter& filter) = 0;
    virtual Result<ProblemDetail> problem(const ProblemDeviceFilter& filter) = 0;
    virtual Result<Page<DeviceInfo>> devices(const DeviceFilter& filter) = 0;
    virtual Result<DeviceInfo> device(const std::string& tenant, const std::string& device_id) = 0;
    /// Newest first.
    virtual Result<std::vector<FaultRow>> faults(DeviceNo device_no, std::size_t limit) = 0;
    /// Readings of one metric by event time, folded when there are more than `points_max` (above
    /// kSeriesPointsMax counts as that). Cost: reads the device's chunks of that time, and scans
    /// the young reports of all devices.
    virtual Result<Series> telemetry(const SeriesFilter& filter) = 0;
    virtual Result<KpiRows> kpi_rows() = 0;
    virtual Result<RuleRows> rule_rows() = 0;
    /// By tenant, then reason. Without a tenant all of them, and first what is nobody's.
    virtual Result<std::vector<QuarantineSummary>> quarantine(const OwnerFilter& tenant) = 0;
    /// What is kept of one reason, by tenant, newest first.
    virtual Result<std::vector<QuarantineSample>> quarantine_samples(RefusalReason reason,
                                                                     const OwnerFilter& tenant) = 0;
    virtual Result<Counts> counts() = 0;
    /// What was answered to a token's request with this idempotency key. One too old is still there
    /// or not. Errors: not_found.
    virtual Result<AnswerRow> answer(const std::string&, const std::string&, const std::string&) {
        return fail(Errc::not_found, "no answer is kept");
    }
    /// By position, of tickets that are the listener's now, and of the rules where wanted; a
    /// bounded piece at a time.
    virtual Result<EventPage> events(const EventFilter& filter) {
        return EventPage{{}, filter.after};
    }
    /// Position of the newest event; 0 = there is none.
    virtual Result<std::uint64_t> newest_event() { return std::uint64_t{0}; }
};

}  // namespace aftercare::collector
