-- What version 4 added to schema_v2.sql and schema_v3.sql: predictions without tickets, the standing
-- of a rule; and a token. Never changes: every later program must open it.
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
INSERT INTO rule_standing VALUES('pump_current', 1, 3, 'shelved', 1767261600000, 'desk', 'noise', 1, 9);
INSERT INTO api_token VALUES(printf('%064d', 7), 'desk', 'maker', 'acme', '', 1767225600000);
