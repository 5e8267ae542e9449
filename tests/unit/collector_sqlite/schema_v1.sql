-- A database of schema version 1 as the first program to use it wrote it. Never changes: every later
-- program must open it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE totals(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    reports INTEGER NOT NULL, records INTEGER NOT NULL,
    duplicate_records INTEGER NOT NULL, gap_records INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES(1,2,15,0,0);
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
INSERT INTO device VALUES(1,'acme','wm-1','fr-200','1.2.3','','','','de','','',1763625600000,NULL,NULL,1767229200000,15,0,X'7374617465');
INSERT INTO device VALUES(2,'acme','wm-2','wm-100','1.2.3','','','','de','','',1763625600000,NULL,NULL,1767232800000,15,0,X'7374617465');
CREATE TABLE stream(
    stream_no INTEGER PRIMARY KEY,
    device_no INTEGER NOT NULL, stream_id INTEGER NOT NULL,
    high_water_urgent INTEGER NOT NULL, high_water_bulk INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (device_no, stream_id)
) STRICT;
INSERT INTO stream VALUES(1,1,-1149262329909608446,10,0,1767229201500);
INSERT INTO stream VALUES(2,2,-1149262329909608445,0,5,1767229201500);
CREATE TABLE raw_report(
    report_no INTEGER PRIMARY KEY,
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, lane INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, record_count INTEGER NOT NULL,
    t0 INTEGER NOT NULL, received_at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
INSERT INTO raw_report VALUES(1,1,1,0,1,10,10,1767229200000,1767229201500,X'7265706f7274203100');
INSERT INTO raw_report VALUES(2,2,2,1,1,5,5,1767229200000,1767229201500,X'7265706f7274203100');
CREATE TABLE fault(
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, seq INTEGER NOT NULL,
    code INTEGER NOT NULL, state INTEGER NOT NULL, occurrences INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL, error_ms INTEGER NOT NULL, received_at INTEGER NOT NULL,
    PRIMARY KEY (device_no, stream_no, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO fault VALUES(1,1,3,18,1,1,1767236400000,250,1767236400090);
CREATE TABLE gap(
    device_no INTEGER NOT NULL, stream_no INTEGER NOT NULL, lane INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, received_at INTEGER NOT NULL,
    PRIMARY KEY (device_no, stream_no, lane, first_seq)
) STRICT, WITHOUT ROWID;
INSERT INTO gap VALUES(1,1,1,1,3,1767243600000);
CREATE TABLE quarantine(
    reason TEXT PRIMARY KEY,
    count INTEGER NOT NULL, last_at INTEGER, last_detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO quarantine VALUES('bad_time',1,1767229200000,'x');
CREATE TABLE quarantine_sample(
    reason TEXT NOT NULL, slot INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    received_at INTEGER NOT NULL, detail TEXT NOT NULL, topic BLOB NOT NULL,
    size_bytes INTEGER NOT NULL, sample BLOB NOT NULL,
    PRIMARY KEY (reason, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO quarantine_sample VALUES('bad_time',1,1,1767229200000,'x',X'6166746572636172652f76312f61636d652f30302f782f7570',3,X'0100ff');
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
INSERT INTO ticket VALUES('t1','acme',1,'wm-1','wm-100','','drain_pump','m','predicted','major','open','pump_current@3',0.625,72.0,'[{"sentence":"the pump draws 30 % more"}]',1767261599000,1767261600000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'undecided','north','','','in_warranty',NULL,1767261600001,0,0,0,0,0,'','',1,1);
CREATE TABLE ticket_event(
    ticket_id TEXT NOT NULL REFERENCES ticket(ticket_id), no INTEGER NOT NULL,
    at INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL,
    from_state TEXT, to_state TEXT, why TEXT NOT NULL,
    PRIMARY KEY (ticket_id, no)
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_event VALUES('t1',1,1767265200000,'engine','opened',NULL,'open','because');
CREATE TABLE contact(
    contact_id TEXT PRIMARY KEY, ticket_id TEXT REFERENCES ticket(ticket_id),
    tenant TEXT NOT NULL, device_no INTEGER NOT NULL REFERENCES device(device_no),
    at INTEGER NOT NULL, direction TEXT NOT NULL, channel TEXT NOT NULL,
    message_key TEXT NOT NULL, result TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
INSERT INTO contact VALUES('c1','t1','acme',1,1767229200000,'outbound','phone','','reached','');
CREATE TABLE outcome(
    outcome_id TEXT PRIMARY KEY, tenant TEXT NOT NULL,
    device_no INTEGER NOT NULL REFERENCES device(device_no), device_id TEXT NOT NULL,
    ticket_id TEXT REFERENCES ticket(ticket_id),
    at INTEGER NOT NULL, code TEXT NOT NULL, component TEXT NOT NULL, failure_mode TEXT NOT NULL,
    failed_at INTEGER, visit_count INTEGER NOT NULL, labour_min REAL NOT NULL,
    avoidable_cause TEXT NOT NULL, not_solvable_at_first_contact INTEGER NOT NULL,
    note TEXT NOT NULL, match_score REAL NOT NULL, match_reason TEXT NOT NULL, centre TEXT NOT NULL
) STRICT;
INSERT INTO outcome VALUES('o1','acme',1,'wm-1','t1',1767232800000,'preventive_replacement','drain_pump','',1767225600000,1,35.499999999999999999,'',0,'',1.0,'by ticket id','north');
CREATE TABLE outcome_part(
    outcome_id TEXT NOT NULL REFERENCES outcome(outcome_id), no INTEGER NOT NULL,
    number TEXT NOT NULL, old_serial TEXT NOT NULL, new_serial TEXT NOT NULL,
    PRIMARY KEY (outcome_id, no)
) STRICT, WITHOUT ROWID;
INSERT INTO outcome_part VALUES('o1',1,'P-1','old-1','new-1');
INSERT INTO outcome_part VALUES('o1',2,'P-2','','');
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
CREATE UNIQUE INDEX ticket_open_incident ON ticket(tenant, device_no, failure_mode) WHERE is_open;
CREATE INDEX ticket_by_time ON ticket(opened_at, ticket_id);
CREATE INDEX ticket_by_tenant ON ticket(tenant, opened_at, ticket_id);
CREATE INDEX ticket_by_device ON ticket(device_id, opened_at, ticket_id);
CREATE INDEX ticket_open ON ticket(opened_at, ticket_id) WHERE is_open;
CREATE INDEX contact_by_ticket ON contact(ticket_id, at);
CREATE INDEX contact_by_time ON contact(at);
CREATE INDEX outcome_by_ticket ON outcome(ticket_id, at);
CREATE INDEX outcome_by_time ON outcome(at);
COMMIT;
