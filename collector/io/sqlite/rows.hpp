// Structs to bound parameters and columns back to structs. The column lists live beside the code
// that fills and reads them, in one order. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commit.hpp"

namespace aftercare::collector::sqlite {

/// Binds one parameter after the other. Lifetime: texts and blobs must live until the statement
/// ran.
class Binder {
  public:
    /// A reset that reports the failure of the last run is no failure of this one.
    explicit Binder(SQLite::Statement& statement) : statement_(statement) { statement_.tryReset(); }

    Binder& integer(std::int64_t value);
    /// Ids use all 64 bits; SQLite keeps them as the signed number with the same bits.
    Binder& bits(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }
    Binder& real(double value);
    Binder& text(const std::string& value);
    Binder& text(std::string_view value);
    Binder& text(std::string&&) = delete;  // would be gone when the statement runs
    Binder& text_or_null(const std::string& value);
    Binder& text_or_null(std::string&&) = delete;
    Binder& blob(std::string_view bytes);
    Binder& blob(std::string&&) = delete;
    Binder& time(WallTime at) { return integer(unix_ms(at)); }
    Binder& time(std::optional<WallTime> at);
    Binder& null();

  private:
    SQLite::Statement& statement_;
    int index_ = 1;
};

/// Reads one column after the other of the current row.
class Row {
  public:
    explicit Row(SQLite::Statement& statement) : statement_(statement) {}

    std::int64_t integer() { return statement_.getColumn(index_++).getInt64(); }
    std::uint64_t bits() { return static_cast<std::uint64_t>(integer()); }
    std::uint32_t count() { return static_cast<std::uint32_t>(integer()); }
    bool flag() { return integer() != 0; }
    double real() { return statement_.getColumn(index_++).getDouble(); }
    std::string text() { return statement_.getColumn(index_++).getString(); }
    WallTime time() { return wall_from_unix_ms(integer()); }
    std::optional<WallTime> optional_time();
    std::optional<bool> optional_flag();
    /// A name as one of our parse functions reads it. Throws std::runtime_error on any other.
    template <class Enum>
    Enum name(std::optional<Enum> (*parse)(std::string_view)) {
        const std::string value = text();
        const auto member = parse(value);
        if (!member) unknown_name(value);
        return *member;
    }
    /// Whether the next column is null; then it is passed.
    bool null_next();
    template <class Enum>
    std::optional<Enum> optional_name(std::optional<Enum> (*parse)(std::string_view)) {
        if (null_next()) return std::nullopt;
        return name(parse);
    }

  private:
    [[noreturn]] static void unknown_name(const std::string& value);

    SQLite::Statement& statement_;
    int index_ = 0;
};

inline constexpr std::string_view kDeviceColumns =
    "device_no, tenant, device_id, model, firmware, serial, customer_id, region, language, "
    "segment, "
    "centre, installed_at, warranty_until, first_seen_at, last_seen_at, consent_purposes, "
    "consent_epoch";
inline constexpr std::string_view kSettingsColumns =
    "device_no, applied_version, wanted_version, refused_version, refusal";
inline constexpr std::string_view kPresenceColumns = "device_no, online, since";
inline constexpr std::string_view kWholeDevice =
    "device_no, tenant, device_id, model, firmware, serial, customer_id, region, language, "
    "segment, "
    "centre, installed_at, warranty_until, first_seen_at, last_seen_at, consent_purposes, "
    "consent_epoch, online, since, applied_version, wanted_version, refused_version, refusal "
    "FROM device LEFT JOIN device_presence USING (device_no) "
    "LEFT JOIN device_settings USING (device_no)";
inline constexpr std::string_view kTicketColumns =
    "ticket_id, tenant, device_no, device_id, model, firmware, component, failure_mode, origin, "
    "severity, state, rule, probability, horizon_h, evidence_json, detected_at, opened_at, "
    "contacted_at, first_contact_outbound, first_outbound_at, resolved_at, closed_at, failed_at, "
    "outcome, decision, centre, region, segment, warranty, first_response_due_at, "
    "resolution_due_at, "
    "contact_count, visit_count, reopened_count, not_solvable_at_first_contact, self_service, "
    "avoidable_cause, recurs_of, detection_count, version, sla_terms, sla_running_since, "
    "first_response_spent_ms, first_response_at_risk_at, first_response_alarm, "
    "resolution_spent_ms, resolution_at_risk_at, resolution_alarm, assignee, escalation_level, "
    "escalation_count, comment_count, queue, route_reason, routed_at, merged_into, verified_at";
inline constexpr std::string_view kWatchColumns =
    "ticket_id, device_no, state, since, until, record_count, cycle_count, last_at, ended_at";
inline constexpr std::string_view kDeskDueColumns = "ticket_id, centre, version";
inline constexpr std::string_view kEventColumns =
    "ticket_id, no, at, who, kind, from_state, to_state, why, value";
inline constexpr std::string_view kContactColumns =
    "tenant, contact_id, ticket_id, device_no, at, direction, channel, message_key, result, note";
inline constexpr std::string_view kOutcomeColumns =
    "tenant, outcome_id, device_no, device_id, ticket_id, at, code, component, failure_mode, "
    "failed_at, visit_count, labour_min, avoidable_cause, not_solvable_at_first_contact, note, "
    "match_score, match_reason, centre, review, candidates_json";

void bind(Binder& binder, const DeviceInfo& device);
void bind(Binder& binder, const SettingsRow& row);
void bind(Binder& binder, const PresenceRow& row);
void bind(Binder& binder, const Ticket& ticket);
void bind(Binder& binder, const Watch& watch);
void bind(Binder& binder, const TicketEvent& event);
void bind(Binder& binder, const Contact& contact);
void bind(Binder& binder, const Outcome& outcome);  ///< without its parts

DeviceInfo read_device(Row& row);
SettingsRow read_settings(Row& row);
PresenceRow read_presence(Row& row);
/// Reads kWholeDevice, which stands for the columns and the tables.
DeviceInfo read_whole_device(Row& row);
Ticket read_ticket(Row& row);
Watch read_watch(Row& row);
TicketEvent read_event(Row& row);
Contact read_contact(Row& row);
Outcome read_outcome(Row& row);  ///< without its parts

/// All rows of a statement that is bound and not yet run.
std::vector<TicketEvent> read_events(SQLite::Statement& select);
std::vector<Contact> read_contacts(SQLite::Statement& select);
/// `parts` yields kPartColumns by outcome, in order; those of other outcomes are passed over.
inline constexpr std::string_view kPartColumns =
    "outcome_part.tenant, outcome_part.outcome_id, number, old_serial, new_serial";
std::vector<Outcome> read_outcomes(SQLite::Statement& select, SQLite::Statement& parts);

/// "INSERT INTO table(columns) VALUES (?, …) ON CONFLICT(key) DO UPDATE SET …" for every other
/// column. Key columns come first in `columns`.
std::string upsert_sql(std::string_view table, std::string_view columns, std::size_t key_count);

}  // namespace aftercare::collector::sqlite
