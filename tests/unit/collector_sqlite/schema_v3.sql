-- What version 3 added to schema_v2.sql: the settings of a device; and a ticket that was decided.
-- Never changes: every later program must open it.
CREATE TABLE device_settings(
    device_no INTEGER PRIMARY KEY,
    applied_version INTEGER NOT NULL, wanted_version INTEGER NOT NULL,
    refused_version INTEGER NOT NULL, refusal TEXT NOT NULL
) STRICT;
INSERT INTO device_settings VALUES(1, 3, 4, 4, 'bad_value');
UPDATE outcome SET code = 'confirmed_fixed';
UPDATE ticket SET outcome = 'confirmed_fixed', decision = 'confirmed';
