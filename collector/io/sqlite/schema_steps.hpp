// The text of each step from one schema version to the next. A step that has shipped never changes;
// a new version is a new step at the end. Private to schema.cpp.
#pragma once

#include <array>
#include <string_view>

namespace aftercare::collector::sqlite {

// Raw reports have no index led by the device: arriving in any order of devices, such an index
// would dirty a page per report. They are appended; a device's reports are found through time, or
// by a scan.
inline constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE totals(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    reports INTEGER NOT NULL, records INTEGER NOT NULL,
    duplicate_records INTEGER NOT NULL, gap_records INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (1, 0, 0, 0, 0);

CREATE TABLE device(
    device_no INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, device_id TEXT NOT NULL,
    model TEXT NOT NULL, firmware TEXT NOT NULL, serial TEXT NOT NULL, customer_id TEXT NOT NULL,
    region TEXT NOT NULL, language TEXT NOT NULL, segment TEXT NOT NULL, centre TEXT NOT NULL,
    installed_at INTEGER, warranty_until INTEGER, first_seen_at INTEGER, last_seen_at INTEGER,
    consent_purposes INTEGER NOT NULL, consent_epoch INTEGER NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (tenant, device_id)
) STRICT;

CREATE TABLE stream(
    stream_no INTEGER PRIMARY KEY,
    device_no INTEGER NOT NULL, stream_id INTEGER NOT NULL,
    high_water_urgent INTEGER NOT NULL, high_water_bulk INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (device_no, stream_id)
) STRICT;

CREATE TABLE raw_report(
    report_no INTEGER PRIMARY KEY,
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, lane INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, record_count INTEGER NOT NULL,
    t0 INTEGER NOT NULL, received_at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE fault(
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, seq INTEGER NOT NULL,
    code INTEGER NOT NULL, state INTEGER NOT NULL, occurrences INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL, error_ms INTEGER NOT NULL, received_at INTEGER NOT NULL,
    PRIMARY KEY (device_no, stream_no, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap(
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, lane INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, received_at INTEGER NOT NULL,
    PRIMARY KEY (device_no, stream_no, lane, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine(
    reason TEXT PRIMARY KEY,
    count INTEGER NOT NULL, last_at INTEGER, last_detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine_sample(
    reason TEXT NOT NULL, slot INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    received_at INTEGER NOT NULL, detail TEXT NOT NULL, topic BLOB NOT NULL,
    size_bytes INTEGER NOT NULL, sample BLOB NOT NULL,
    PRIMARY KEY (reason, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket(
    ticket_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    model TEXT NOT NULL, firmware TEXT NOT NULL,
    component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    origin TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
    rule TEXT NOT NULL, probability REAL NOT NULL, horizon_h REAL NOT NULL,
    evidence_json TEXT NOT NULL,
    detected_at INTEGER NOT NULL, opened_at INTEGER NOT NULL,
    contacted_at INTEGER, first_contact_outbound INTEGER, first_outbound_at INTEGER,
    resolved_at INTEGER, closed_at INTEGER, failed_at INTEGER,
    outcome TEXT, decision TEXT NOT NULL,
    centre TEXT NOT NULL, region TEXT NOT NULL, segment TEXT NOT NULL, warranty TEXT NOT NULL,
    first_response_due_at INTEGER, resolution_due_at INTEGER,
    contact_count INTEGER NOT NULL, visit_count INTEGER NOT NULL, reopened_count INTEGER NOT NULL,
    not_solvable_at_first_contact INTEGER NOT NULL, self_service INTEGER NOT NULL,
    avoidable_cause TEXT NOT NULL, recurs_of TEXT NOT NULL,
    detection_count INTEGER NOT NULL, version INTEGER NOT NULL,
    is_open INTEGER NOT NULL GENERATED ALWAYS AS (state IN ('open', 'contacted', 'scheduled',
        'in_progress', 'pending_customer', 'on_hold')) STORED
) STRICT;
CREATE UNIQUE INDEX ticket_open_incident ON ticket(tenant, device_no, failure_mode) WHERE is_open;
CREATE INDEX ticket_by_time ON ticket(opened_at, ticket_id);
CREATE INDEX ticket_by_tenant ON ticket(tenant, opened_at, ticket_id);
CREATE INDEX ticket_by_device ON ticket(device_id, opened_at, ticket_id);
CREATE INDEX ticket_open ON ticket(opened_at, ticket_id) WHERE is_open;

CREATE TABLE ticket_event(
    ticket_id TEXT NOT NULL REFERENCES ticket(ticket_id), no INTEGER NOT NULL,
    at INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL,
    from_state TEXT, to_state TEXT, why TEXT NOT NULL,
    PRIMARY KEY (ticket_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact(
    contact_id TEXT PRIMARY KEY, ticket_id TEXT REFERENCES ticket(ticket_id),
    tenant TEXT NOT NULL, device_no INTEGER NOT NULL REFERENCES device(device_no),
    at INTEGER NOT NULL, direction TEXT NOT NULL, channel TEXT NOT NULL,
    message_key TEXT NOT NULL, result TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE INDEX contact_by_ticket ON contact(ticket_id, at);
CREATE INDEX contact_by_time ON contact(at);

CREATE TABLE outcome(
    outcome_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    ticket_id TEXT REFERENCES ticket(ticket_id),
    at INTEGER NOT NULL, code TEXT NOT NULL, component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    failed_at INTEGER, visit_count INTEGER NOT NULL, labour_min REAL NOT NULL,
    avoidable_cause TEXT NOT NULL, not_solvable_at_first_contact INTEGER NOT NULL,
    note TEXT NOT NULL, match_score REAL NOT NULL, match_reason TEXT NOT NULL, centre TEXT NOT NULL
) STRICT;
CREATE INDEX outcome_by_ticket ON outcome(ticket_id, at);
CREATE INDEX outcome_by_time ON outcome(at);

CREATE TABLE outcome_part(
    outcome_id TEXT NOT NULL REFERENCES outcome(outcome_id), no INTEGER NOT NULL,
    number TEXT NOT NULL, old_serial TEXT NOT NULL, new_serial TEXT NOT NULL,
    PRIMARY KEY (outcome_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogue(
    name TEXT NOT NULL, version INTEGER NOT NULL, loaded_at INTEGER NOT NULL, toml TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_pack(
    name TEXT NOT NULL, version INTEGER NOT NULL, loaded_at INTEGER NOT NULL, toml TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token(
    sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, tenant TEXT NOT NULL, centre TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Merged telemetry and what retention took out of it. A chunk's columns "…_since" hold the event
// time of its oldest record of that class, so that retention finds what is due without reading
// chunks. While a pass is under way (through_report > 0), the raw reports up to it whose
// (device_no, report_no) is not above (done_device, done_report) are in chunks already.
inline constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE chunk(
    chunk_no INTEGER PRIMARY KEY,
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, lane INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    report_count INTEGER NOT NULL, record_count INTEGER NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    fault_since INTEGER, lifecycle_since INTEGER, usage_since INTEGER, reading_since INTEGER,
    bytes BLOB NOT NULL,
    UNIQUE (device_no, stream_no, lane, first_seq)
) STRICT;
CREATE INDEX chunk_by_fault ON chunk(fault_since) WHERE fault_since IS NOT NULL;
CREATE INDEX chunk_by_lifecycle ON chunk(lifecycle_since) WHERE lifecycle_since IS NOT NULL;
CREATE INDEX chunk_by_usage ON chunk(usage_since) WHERE usage_since IS NOT NULL;
CREATE INDEX chunk_by_reading ON chunk(reading_since) WHERE reading_since IS NOT NULL;

CREATE TABLE merge_pass(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    through_report INTEGER NOT NULL, done_device INTEGER NOT NULL, done_report INTEGER NOT NULL
) STRICT;
INSERT INTO merge_pass VALUES (1, 0, 0, 0);

CREATE VIEW young_report AS SELECT r.* FROM raw_report r, merge_pass p
WHERE report_no > through_report OR device_no > done_device
    OR (device_no = done_device AND report_no > done_report);

CREATE TABLE expired(
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, class INTEGER NOT NULL,
    through_seq INTEGER NOT NULL, record_count INTEGER NOT NULL,
    PRIMARY KEY (device_no, stream_no, class)
) STRICT, WITHOUT ROWID;
)sql";

inline constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE device_settings(
    device_no INTEGER PRIMARY KEY,
    applied_version INTEGER NOT NULL, wanted_version INTEGER NOT NULL,
    refused_version INTEGER NOT NULL, refusal TEXT NOT NULL
) STRICT;
)sql";

// Predictions without tickets, the history of the rules' modes, and what counts of both and of the
// tickets are taken from at a start.
inline constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE trial(
    trial_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    model TEXT NOT NULL, firmware TEXT NOT NULL,
    component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    rule TEXT NOT NULL, probability REAL NOT NULL, horizon_h REAL NOT NULL,
    at INTEGER NOT NULL, opened_at INTEGER NOT NULL, ended_at INTEGER,
    state TEXT NOT NULL, outcome_id TEXT REFERENCES outcome(outcome_id)
) STRICT;
CREATE INDEX trial_by_end ON trial(ended_at);
CREATE INDEX trial_by_device ON trial(device_no, opened_at);
CREATE INDEX trial_decided ON trial(rule, model, state)
WHERE state IN ('confirmed', 'no_fault_found', 'other_fault', 'no_failure');
CREATE INDEX ticket_decided ON ticket(rule, model, decision) WHERE decision <> 'undecided';

CREATE TABLE rule_standing(
    rule_id TEXT NOT NULL, no INTEGER NOT NULL, version INTEGER NOT NULL,
    mode TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
    right_count INTEGER NOT NULL, wrong_count INTEGER NOT NULL,
    PRIMARY KEY (rule_id, no)
) STRICT, WITHOUT ROWID;
)sql";

// Which rules were in force when. Of packs from before only the newest version of each name counts.
inline constexpr std::string_view kVersion5 = R"sql(
ALTER TABLE rule_pack RENAME TO rule_pack_before;
CREATE TABLE rule_pack(
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL, pack_id TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER, toml TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX rule_pack_in_force ON rule_pack(name) WHERE until IS NULL;
INSERT INTO rule_pack(name, pack_id, version, hash, since, until, toml)
    SELECT name, name, version, '', loaded_at,
        CASE WHEN version < (SELECT max(version) FROM rule_pack_before n WHERE n.name = b.name)
        THEN loaded_at END, toml
    FROM rule_pack_before b ORDER BY name, version;
DROP TABLE rule_pack_before;
)sql";

// Who is connected, and when tokens ended.
inline constexpr std::string_view kVersion6 = R"sql(
CREATE TABLE device_presence(
    device_no INTEGER PRIMARY KEY, online INTEGER NOT NULL, since INTEGER NOT NULL
) STRICT;
ALTER TABLE api_token ADD COLUMN revoked_at INTEGER;
)sql";

// The working-time clock of each ticket. What an earlier program opened was promised by elapsed
// time: a running clock has run since the opening, another one stood still at the last change of
// state.
inline constexpr std::string_view kVersion7 = R"sql(
CREATE TABLE sla_terms(
    terms_id TEXT PRIMARY KEY, text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE ticket ADD COLUMN sla_terms TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN sla_running_since INTEGER;
ALTER TABLE ticket ADD COLUMN first_response_spent_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN first_response_at_risk_at INTEGER;
ALTER TABLE ticket ADD COLUMN first_response_alarm TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN resolution_spent_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN resolution_at_risk_at INTEGER;
ALTER TABLE ticket ADD COLUMN resolution_alarm TEXT NOT NULL DEFAULT '';
UPDATE ticket SET sla_running_since = opened_at
WHERE is_open AND state NOT IN ('pending_customer', 'on_hold');
UPDATE ticket SET resolution_spent_ms = max(0, coalesce((SELECT max(at) FROM ticket_event e
    WHERE e.ticket_id = ticket.ticket_id AND to_state IS NOT NULL), opened_at) - opened_at)
WHERE sla_running_since IS NULL;
UPDATE ticket SET first_response_spent_ms =
    coalesce(max(0, contacted_at - opened_at), resolution_spent_ms);
CREATE INDEX ticket_alarm ON ticket(opened_at, ticket_id)
WHERE is_open AND (first_response_alarm <> '' OR resolution_alarm <> '');
)sql";

// Whoever sends contacts and outcomes numbers them as it likes: an id is one within its tenant.
inline constexpr std::string_view kVersion8 = R"sql(
CREATE TABLE new_contact(
    tenant TEXT NOT NULL, contact_id TEXT NOT NULL,
    ticket_id TEXT REFERENCES ticket(ticket_id),
    device_no INTEGER NOT NULL REFERENCES device(device_no),
    at INTEGER NOT NULL, direction TEXT NOT NULL, channel TEXT NOT NULL,
    message_key TEXT NOT NULL, result TEXT NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (tenant, contact_id)
) STRICT;
INSERT INTO new_contact SELECT tenant, contact_id, ticket_id, device_no, at, direction, channel,
    message_key, result, note FROM contact;
DROP TABLE contact;
ALTER TABLE new_contact RENAME TO contact;
CREATE INDEX contact_by_ticket ON contact(ticket_id, at);
CREATE INDEX contact_by_time ON contact(at);

CREATE TABLE new_outcome(
    tenant TEXT NOT NULL, outcome_id TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    ticket_id TEXT REFERENCES ticket(ticket_id),
    at INTEGER NOT NULL, code TEXT NOT NULL, component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    failed_at INTEGER, visit_count INTEGER NOT NULL, labour_min REAL NOT NULL,
    avoidable_cause TEXT NOT NULL, not_solvable_at_first_contact INTEGER NOT NULL,
    note TEXT NOT NULL, match_score REAL NOT NULL, match_reason TEXT NOT NULL, centre TEXT NOT NULL,
    PRIMARY KEY (tenant, outcome_id)
) STRICT;
INSERT INTO new_outcome SELECT tenant, outcome_id, device_no, device_id, ticket_id, at, code,
    component, failure_mode, failed_at, visit_count, labour_min, avoidable_cause,
    not_solvable_at_first_contact, note, match_score, match_reason, centre FROM outcome;
CREATE TABLE new_outcome_part(
    tenant TEXT NOT NULL, outcome_id TEXT NOT NULL, no INTEGER NOT NULL,
    number TEXT NOT NULL, old_serial TEXT NOT NULL, new_serial TEXT NOT NULL,
    PRIMARY KEY (tenant, outcome_id, no),
    FOREIGN KEY (tenant, outcome_id) REFERENCES new_outcome(tenant, outcome_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_outcome_part SELECT o.tenant, p.* FROM outcome_part p JOIN outcome o
    USING (outcome_id);
CREATE TABLE new_trial(
    trial_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    model TEXT NOT NULL, firmware TEXT NOT NULL,
    component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    rule TEXT NOT NULL, probability REAL NOT NULL, horizon_h REAL NOT NULL,
    at INTEGER NOT NULL, opened_at INTEGER NOT NULL, ended_at INTEGER,
    state TEXT NOT NULL, outcome_id TEXT,
    FOREIGN KEY (tenant, outcome_id) REFERENCES new_outcome(tenant, outcome_id)
) STRICT;
INSERT INTO new_trial SELECT trial_id, tenant, device_no, device_id, model, firmware, component,
    failure_mode, rule, probability, horizon_h, at, opened_at, ended_at, state, outcome_id
    FROM trial;
DROP TABLE trial;
DROP TABLE outcome_part;
DROP TABLE outcome;
ALTER TABLE new_outcome RENAME TO outcome;
ALTER TABLE new_outcome_part RENAME TO outcome_part;
ALTER TABLE new_trial RENAME TO trial;
CREATE INDEX outcome_by_ticket ON outcome(ticket_id, at);
CREATE INDEX outcome_by_time ON outcome(at);
CREATE INDEX trial_by_end ON trial(ended_at);
CREATE INDEX trial_by_device ON trial(device_no, opened_at);
CREATE INDEX trial_decided ON trial(rule, model, state)
WHERE state IN ('confirmed', 'no_fault_found', 'other_fault', 'no_failure');
)sql";

// What routing and people made of tickets, and the values of the events that say so. What an
// earlier program opened went to its device's centre.
inline constexpr std::string_view kVersion9 = R"sql(
ALTER TABLE ticket ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN escalation_level INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN escalation_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN comment_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN queue TEXT NOT NULL DEFAULT 'none';
ALTER TABLE ticket ADD COLUMN route_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN routed_at INTEGER;
ALTER TABLE ticket ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket_event ADD COLUMN value TEXT NOT NULL DEFAULT '';
UPDATE ticket SET queue = 'unroutable' WHERE is_open AND centre = '';
UPDATE ticket_event SET value = (SELECT queue || ':' || centre FROM ticket t
    WHERE t.ticket_id = ticket_event.ticket_id) WHERE no = 1;
CREATE INDEX ticket_of_centre ON ticket(tenant, centre, opened_at, ticket_id) WHERE is_open;
CREATE INDEX ticket_assigned ON ticket(tenant, assignee, opened_at, ticket_id)
WHERE assignee <> '';
CREATE INDEX ticket_queue ON ticket(tenant, queue, opened_at, ticket_id)
WHERE is_open AND queue <> 'none';
CREATE INDEX ticket_escalated ON ticket(tenant, opened_at, ticket_id)
WHERE is_open AND escalation_level > 0;
)sql";

// Answers to requests with an idempotency key, the order in which ticket events were stored, and
// pages of the queue that need not pass over what does not belong to them.
inline constexpr std::string_view kVersion10 = R"sql(
CREATE TABLE kept_answer(
    tenant TEXT NOT NULL, token TEXT NOT NULL, key TEXT NOT NULL, turn INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (tenant, token, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX kept_answer_by_turn ON kept_answer(tenant, token, turn);

CREATE TABLE event_position(
    position INTEGER PRIMARY KEY, ticket_id TEXT NOT NULL, no INTEGER NOT NULL
) STRICT;
INSERT INTO event_position(ticket_id, no)
    SELECT ticket_id, no FROM ticket_event ORDER BY at, ticket_id, no;
CREATE TRIGGER event_takes_position AFTER INSERT ON ticket_event BEGIN
    INSERT INTO event_position(ticket_id, no) VALUES (new.ticket_id, new.no);
END;

CREATE INDEX ticket_open_of_tenant ON ticket(tenant, opened_at, ticket_id) WHERE is_open;
CREATE INDEX ticket_in_state ON ticket(tenant, state, opened_at, ticket_id) WHERE is_open;
CREATE INDEX ticket_of_component ON ticket(tenant, component, opened_at, ticket_id) WHERE is_open;
DROP INDEX ticket_alarm;
CREATE INDEX ticket_alarm ON ticket(tenant, opened_at, ticket_id)
WHERE is_open AND (first_response_alarm <> '' OR resolution_alarm <> '');
)sql";

// Tickets of which no broker said yet that it has them for a centre's desk.
inline constexpr std::string_view kVersion11 = R"sql(
CREATE TABLE desk_due(
    ticket_id TEXT NOT NULL REFERENCES ticket(ticket_id), centre TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (ticket_id, centre)
) STRICT, WITHOUT ROWID;
)sql";

// Fleet problems with the devices and tickets that belong to them; what repaired devices showed
// since; outcomes that a person has to place.
inline constexpr std::string_view kVersion12 = R"sql(
CREATE TABLE problem(
    problem_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    rule_id TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL,
    component TEXT NOT NULL, failure_mode TEXT NOT NULL, severity TEXT NOT NULL,
    state TEXT NOT NULL, started_at INTEGER NOT NULL, guard_ended_at INTEGER,
    decided_at INTEGER, settled_at INTEGER, who TEXT NOT NULL, why TEXT NOT NULL, code TEXT,
    fleet_count INTEGER NOT NULL, start_count INTEGER NOT NULL, end_count INTEGER NOT NULL,
    ticket_count INTEGER NOT NULL, device_count INTEGER NOT NULL,
    detection_count INTEGER NOT NULL, version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX problem_unsettled ON problem(tenant, rule_id, model, firmware)
WHERE state IN ('open', 'rolled_up');
CREATE INDEX problem_by_time ON problem(started_at, problem_id);

CREATE TABLE problem_device(
    problem_id TEXT NOT NULL REFERENCES problem(problem_id),
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    attached INTEGER NOT NULL, rule TEXT NOT NULL,
    probability REAL NOT NULL, horizon_h REAL NOT NULL, evidence_json TEXT NOT NULL,
    detected_at INTEGER NOT NULL, attached_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    detection_count INTEGER NOT NULL, ticket_id TEXT REFERENCES ticket(ticket_id),
    PRIMARY KEY (problem_id, device_no)
) STRICT;
CREATE INDEX problem_device_by_device ON problem_device(device_no);
CREATE INDEX problem_device_by_ticket ON problem_device(ticket_id) WHERE ticket_id IS NOT NULL;

CREATE TABLE problem_event(
    problem_id TEXT NOT NULL REFERENCES problem(problem_id), no INTEGER NOT NULL,
    at INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (problem_id, no)
) STRICT, WITHOUT ROWID;

ALTER TABLE trial ADD COLUMN attached INTEGER NOT NULL DEFAULT 0;

ALTER TABLE ticket ADD COLUMN verified_at INTEGER;

CREATE TABLE watch(
    ticket_id TEXT PRIMARY KEY REFERENCES ticket(ticket_id),
    device_no INTEGER NOT NULL REFERENCES device(device_no), state TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER NOT NULL,
    record_count INTEGER NOT NULL, cycle_count INTEGER NOT NULL,
    last_at INTEGER, ended_at INTEGER
) STRICT;

ALTER TABLE outcome ADD COLUMN review TEXT NOT NULL DEFAULT 'none';
ALTER TABLE outcome ADD COLUMN candidates_json TEXT NOT NULL DEFAULT '[]';
CREATE INDEX outcome_in_review ON outcome(at) WHERE review = 'open';
)sql";

// Refused messages belong to the tenant that their topic names. Of what an earlier program refused
// nobody counted whose it was: it stays with the operator.
inline constexpr std::string_view kVersion13 = R"sql(
CREATE TABLE new_quarantine(
    tenant TEXT NOT NULL, reason TEXT NOT NULL,
    count INTEGER NOT NULL, last_at INTEGER, last_detail TEXT NOT NULL,
    PRIMARY KEY (tenant, reason)
) STRICT, WITHOUT ROWID;
INSERT INTO new_quarantine SELECT '', reason, count, last_at, last_detail FROM quarantine;
DROP TABLE quarantine;
ALTER TABLE new_quarantine RENAME TO quarantine;
CREATE TABLE new_quarantine_sample(
    tenant TEXT NOT NULL, reason TEXT NOT NULL, slot INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    received_at INTEGER NOT NULL, detail TEXT NOT NULL, topic BLOB NOT NULL,
    size_bytes INTEGER NOT NULL, sample BLOB NOT NULL,
    PRIMARY KEY (tenant, reason, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO new_quarantine_sample SELECT '', reason, slot, ordinal, received_at, detail, topic,
    size_bytes, sample FROM quarantine_sample;
DROP TABLE quarantine_sample;
ALTER TABLE new_quarantine_sample RENAME TO quarantine_sample;
)sql";

// Changes of what a rule may do take their place among the events: `rule_id` names it, and
// `ticket_id` is empty. Those from before are no news.
inline constexpr std::string_view kVersion14 = R"sql(
ALTER TABLE event_position ADD COLUMN rule_id TEXT NOT NULL DEFAULT '';
CREATE TRIGGER standing_takes_position AFTER INSERT ON rule_standing BEGIN
    INSERT INTO event_position(ticket_id, no, rule_id) VALUES ('', new.no, new.rule_id);
END;
)sql";

// Who has how much. Asks for states: a condition on a generated column would fetch every row.
inline constexpr std::string_view kVersion15 = R"sql(
CREATE INDEX ticket_load ON ticket(tenant, centre, state) WHERE state IN
    ('open', 'contacted', 'scheduled', 'in_progress', 'pending_customer', 'on_hold');
)sql";

inline constexpr std::array kSteps{kVersion1,  kVersion2,  kVersion3,  kVersion4,  kVersion5,
                                   kVersion6,  kVersion7,  kVersion8,  kVersion9,  kVersion10,
                                   kVersion11, kVersion12, kVersion13, kVersion14, kVersion15};

}  // namespace aftercare::collector::sqlite
