-- What version 5 made of a database of version 4: every rule pack that was in force. Never changes.
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
