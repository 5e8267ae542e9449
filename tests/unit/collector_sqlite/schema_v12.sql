-- Rows of what versions 6 to 12 added, for a database of version 12 that began as schema_v1.sql. Never changes: every
-- later program must open it.
INSERT INTO device_presence VALUES(1, 1, 1767229200000);
INSERT INTO sla_terms VALUES('gold#1', '');
INSERT INTO kept_answer VALUES('acme', 'desk', 'k-1', 1, 'print', 1767229200000, 201, '{"id":"t1"}');
INSERT INTO desk_due VALUES('t1', 'north', 1);
INSERT INTO problem VALUES('P1', 'acme', 'pump_current', 'fr-200', '1.2.3', 'drain_pump', 'm', 'major', 'open',
    1767261600000, NULL, NULL, NULL, '', '', NULL, 100, 10, 5, 1, 2, 3, 1);
INSERT INTO problem_device VALUES('P1', 1, 'wm-1', 0, 'pump_current@3', 0.5, 72.0, '[]', 1767261600000,
    1767261600000, 1767261600000, 1, 't1');
INSERT INTO problem_device VALUES('P1', 2, 'wm-2', 1, 'pump_current@3', 0.5, 72.0, '[]', 1767261600000,
    1767261600000, 1767261600000, 2, NULL);
INSERT INTO problem_event VALUES('P1', 1, 1767261600000, 'engine', 'started', 'because');
INSERT INTO watch VALUES('t1', 1, 'watching', 1767265200000, 1767865200000, 4, 1, 1767268800000, NULL);
INSERT INTO outcome(tenant, outcome_id, device_no, device_id, ticket_id, at, code, component, failure_mode, failed_at,
    visit_count, labour_min, avoidable_cause, not_solvable_at_first_contact, note, match_score, match_reason, centre,
    review, candidates_json)
    VALUES('acme', 'o2', 1, 'wm-1', NULL, 1767232800000, 'failure_repaired', 'drain_pump', '', NULL, 1, 10.0, '', 0, '',
    0.0, 'two fit alike', 'north', 'open', '[]');
UPDATE ticket SET comment_count = 1, version = 2 WHERE ticket_id = 't1';
INSERT INTO ticket_event(ticket_id, no, at, who, kind, from_state, to_state, why, value)
    VALUES('t1', 2, 1767268800000, 'api:desk', 'comment', NULL, NULL, 'rang', '');
INSERT INTO quarantine VALUES('unknown_device', 3, 1767229200000, 'register it');
INSERT INTO quarantine_sample VALUES('unknown_device', 3, 3, 1767229200000, 'register it',
    X'6166746572636172652f76312f61636d652f30302f782f7570', 3, X'0100ff');
