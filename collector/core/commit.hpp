// Everything one transaction changes, and what may be told to the world once it is stored.
// The engine appends to it; the store applies it as ONE transaction; the shell then publishes.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "collector/core/model/device.hpp"
#include "collector/core/model/problem.hpp"
#include "collector/core/model/rule_record.hpp"
#include "collector/core/model/ticket.hpp"
#include "collector/core/model/watch.hpp"
#include "common/downlink.hpp"
#include "common/report.hpp"

namespace aftercare::collector {

/// A report as received; the rowid table of raw telemetry.
struct RawReport {
    DeviceNo device_no = 0;
    std::uint64_t stream_id = 0;
    Lane lane = Lane::urgent;
    Seq first_seq = 0;  ///< first seq applied from it
    Seq last_seq = 0;
    std::uint32_t record_count = 0;  ///< records applied (a resend may overlap)
    WallTime t0{};                   ///< event time of the first record
    WallTime received_at{};
    std::string bytes;
};

struct FaultRow {
    DeviceNo device_no = 0;
    std::uint64_t stream_id = 0;
    Seq seq = 0;
    std::uint32_t code = 0;
    FaultState state = FaultState::unspecified;
    std::uint32_t occurrences = 1;
    WallTime occurred_at{};
    std::int64_t error_ms = 0;  ///< bound of occurred_at
    WallTime received_at{};
};

/// Records first_seq..last_seq that the device declared lost, or never held any more.
struct GapRow {
    DeviceNo device_no = 0;
    std::uint64_t stream_id = 0;
    Lane lane = Lane::urgent;
    Seq first_seq = 0;
    Seq last_seq = 0;
    WallTime received_at{};
};

/// A refused message. It belongs to the served tenant that its topic names, and its ordinal is its
/// number among that tenant's refusals of the reason; any other is nobody's (an empty tenant).
struct QuarantineRow {
    std::string tenant;
    RefusalReason reason{};
    std::uint64_t ordinal = 0;
    std::string detail;
    std::string topic;   ///< cut to kQuarantineTextBytesMax
    std::string sample;  ///< the payload, cut to kQuarantineSampleBytesMax
    std::uint64_t size_bytes = 0;
    WallTime received_at{};
};

/// A kept sample.
struct QuarantineKey {
    std::string tenant;
    RefusalReason reason{};
    std::uint64_t ordinal = 0;
};
/// How many messages of a tenant, or of nobody, were refused for a reason.
struct RefusalCount {
    std::string tenant;
    RefusalReason reason{};
    std::uint64_t count = 0;
};
inline constexpr std::size_t kQuarantineTextBytesMax = 256;
/// Holds every report that an agent makes: 256 records, the most there are in one, of 60 bytes
/// each. With 64 samples kept for each of the 15 reasons a database keeps 15 MiB of them at most
/// for each served tenant, and as much of nobody's.
inline constexpr std::size_t kQuarantineSampleBytesMax = std::size_t{16} * 1024;

/// High-water marks per stream and lane, and the opaque state that goes with them.
struct StreamRow {
    DeviceNo device_no = 0;
    std::uint64_t stream_id = 0;
    std::array<Seq, kLaneCount> high_water{};
    WallTime last_at{};
};
struct DeviceStateRow {
    DeviceInfo info;
    std::string state;  ///< engine's own encoding: time anchors, detection state, parts
};

struct SettingsRow {
    DeviceNo device_no = 0;
    DeviceSettings settings;
};

struct PresenceRow {
    DeviceNo device_no = 0;
    DevicePresence presence;
};

/// The engine's counters that must survive a restart with the data they count.
struct Totals {
    std::uint64_t reports = 0;
    std::uint64_t records = 0;
    std::uint64_t duplicate_records = 0;
    std::uint64_t gap_records = 0;
    std::array<std::uint64_t, kRefusalReasonCount> refused{};  ///< of all tenants and nobody

    friend bool operator==(const Totals&, const Totals&) = default;
};

/// The answer to a request that named an idempotency key, stored with what the request changed.
struct AnswerRow {
    std::string tenant;
    std::string token;        ///< its name
    std::string key;          ///< the caller's own
    std::string fingerprint;  ///< of the whole request
    WallTime at{};
    std::uint32_t status = 200;
    std::string body;  ///< JSON
};
/// Answers are kept for so long, and so many of each token, the newest.
inline constexpr milliseconds kAnswerKept{24LL * 3'600'000};
inline constexpr std::size_t kAnswersPerTokenMax = 10'000;
/// A longer answer is not kept: sent again, its request is done again.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{16} * 1024;

/// A centre's desk has to hear of this version of a ticket, or of a later one.
struct DeskDue {
    std::string ticket_id;
    std::string centre;
    std::uint32_t version = 0;
};
/// What its desk topic gets: the ticket, or, when it went to another centre, that it is gone.
struct DeskMail {
    DeskDue due;
    Ticket ticket;
};

struct Publication {
    std::string tenant;
    std::string device_id;
    Downlink message;
};

struct Commit {
    std::vector<DeviceStateRow> devices;  ///< new and dirty ones, one row each
    std::vector<StreamRow> streams;
    std::vector<SettingsRow> settings;   ///< upserts by device, in order
    std::vector<PresenceRow> presences;  ///< upserts by device
    std::vector<RawReport> raw;
    std::vector<FaultRow> faults;
    std::vector<GapRow> gaps;
    std::vector<RefusalCount> refusal_counts;  ///< absolute, of the tenants whose counts grew
    std::vector<QuarantineRow> quarantine;
    std::vector<QuarantineKey> released;  ///< samples that were taken in after all
    std::vector<Ticket> tickets;          ///< upserts by id, in order
    std::vector<TicketEvent> events;
    std::vector<Contact> contacts;
    std::vector<Outcome> outcomes;               ///< upserts by id
    std::vector<Trial> trials;                   ///< upserts by id, in order
    std::vector<RuleStanding> standings;         ///< by (rule id, no); what is stored never changes
    std::vector<SlaTerms> sla_terms;             ///< new ones by id; what is stored never changes
    std::vector<Problem> problems;               ///< upserts by id
    std::vector<ProblemDevice> problem_devices;  ///< upserts by (problem, device)
    std::vector<ProblemEvent> problem_events;
    std::vector<Watch> watches;  ///< upserts by ticket
    std::vector<AnswerRow> answers;
    std::vector<DeskDue> desk_done;  ///< taken by the broker: up to this version nothing is due
    std::vector<DeskDue> desk_due;   ///< upserts by (ticket, centre), after desk_done
    Totals totals;                   ///< absolute

    std::vector<Publication> publications;  ///< only after the transaction, as the next
    std::vector<DeskMail> desk_mail;

  private:
    template <class Self>
    static auto stored(Self& c) {
        return std::tie(c.devices, c.streams, c.settings, c.presences, c.raw, c.faults, c.gaps,
                        c.refusal_counts, c.quarantine, c.released, c.tickets, c.events, c.contacts,
                        c.outcomes, c.trials, c.standings, c.sla_terms, c.problems,
                        c.problem_devices, c.problem_events, c.watches, c.answers, c.desk_done,
                        c.desk_due);
    }

  public:
    /// Ready for the next batch; keeps the memory.
    void clear() {
        std::apply([](auto&... rows) { (rows.clear(), ...); }, stored(*this));
        publications.clear();
        desk_mail.clear();
    }
    /// Nothing to store.
    [[nodiscard]] bool empty() const {
        return std::apply([](const auto&... rows) { return (rows.empty() && ...); }, stored(*this));
    }
};

}  // namespace aftercare::collector
