-- compatible_from: 1
-- The first schema. The first line says which release may still run on the schema that this file
-- leaves: the oldest that knows the schema with that number.
--
-- People read and write the view `kv`; `entry` is the table behind it, with tombstones. Times are
-- microseconds since 1970. Whoever writes, in whatever way, gets a version and leaves a row in
-- `change`: the triggers see to it.

CREATE TABLE migration (
  number          INTEGER PRIMARY KEY,
  name            TEXT    NOT NULL,
  checksum        TEXT    NOT NULL,  -- of the file; a changed file is refused
  compatible_from INTEGER NOT NULL,
  applied_at      INTEGER NOT NULL
) STRICT;

-- ------------------------------------------------------------------------------------------- lives
-- An incarnation is one uninterrupted life of the database; positions and cursors count within
-- one. It ends when the file turns out to be a copy (`file` is not its own any more), when the
-- change number went back, and with `coolkit migrate after-restore`.
-- base + change number grows over all lives: base is raised to the microseconds since 1970 minus
-- the change number whenever a process begins to write, so a restored file does not hand out the
-- versions of its lost future again.
CREATE TABLE incarnation (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  system_id INTEGER NOT NULL,            -- random, made with the database
  id        BLOB    NOT NULL CHECK (length(id) = 16),
  base      INTEGER NOT NULL CHECK (base BETWEEN 1 AND 4503599627370495),
  pruned_to INTEGER NOT NULL,            -- change rows up to this number may be gone
  file      TEXT    NOT NULL             -- identity of the file that this life belongs to
) STRICT;

CREATE TABLE incarnation_log (
  base INTEGER PRIMARY KEY,
  id   BLOB    NOT NULL,
  why  TEXT    NOT NULL,
  at   INTEGER NOT NULL
) STRICT;

-- ----------------------------------------------------------------------------------------- changes
-- One row per changed key, in the order of the commits: SQLite has one writer at a time. The
-- highest number is the position of a snapshot. It never goes back, because the last row stays.
CREATE TABLE change (
  number     INTEGER PRIMARY KEY,
  version    INTEGER NOT NULL,
  collection TEXT,                       -- NULL: everything changed
  key        TEXT                        -- NULL: everything in this collection changed
) STRICT;

-- Before any life has begun; nobody has a cursor that is older than this row.
INSERT INTO incarnation (one, system_id, id, base, pruned_to, file)
  VALUES (1, 0, zeroblob(16), 1, 1, '');
INSERT INTO change (number, version) VALUES (1, 1024);

CREATE TRIGGER change_last_stays BEFORE DELETE ON change
  WHEN OLD.number = (SELECT max(number) FROM change)
BEGIN
  SELECT RAISE(ABORT, 'coolkit: the last row of change must stay, it holds the position');
END;

CREATE TRIGGER change_pruned AFTER DELETE ON change
  WHEN OLD.number > (SELECT pruned_to FROM incarnation)
BEGIN
  UPDATE incarnation SET pruned_to = OLD.number;
END;

-- ----------------------------------------------------------------------------------------- entries
-- What the next write of plain SQL gets.
CREATE VIEW moment AS
  SELECT (base + (SELECT max(number) FROM change) + 1) << 10 AS next_version,
         CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000 AS now
  FROM incarnation;

CREATE TABLE entry (
  version      INTEGER NOT NULL DEFAULT 0 CHECK (version BETWEEN 0 AND 9223372036854774784),
  modified_at  INTEGER NOT NULL DEFAULT 0,
  expires_at   INTEGER,                  -- NULL: never; of a tombstone: when it was deleted
  collection   TEXT    NOT NULL CHECK (collection GLOB '[a-z0-9]*'
                                       AND NOT collection GLOB '*[^a-z0-9_-]*'
                                       AND length(collection) <= 64),
  key          TEXT    NOT NULL CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 512
                                       AND instr(key, char(0)) = 0),
  content_type TEXT CHECK (length(CAST(content_type AS BLOB)) <= 255
                           AND NOT content_type GLOB '*[^ -~]*'),  -- NULL: octet-stream
  value        BLOB CHECK (length(value) <= 67108864),             -- NULL: a tombstone
  UNIQUE (collection, key)
) STRICT;

-- The collector finds dead rows here, tombstones too.
CREATE INDEX entry_expiry ON entry (expires_at) WHERE expires_at IS NOT NULL;

-- The service sets versions itself and passes only the triggers that write the change row. Whoever
-- does not set a version, or inserts one that is older than the newest, gets one. SQLite does not
-- say in which order triggers run: these conditions exclude each other in either order.
CREATE TRIGGER entry_insert_over_dead BEFORE INSERT ON entry WHEN NEW.version <= 0
BEGIN
  DELETE FROM entry
  WHERE collection = NEW.collection AND key = NEW.key
    AND (value IS NULL OR expires_at <= (SELECT now FROM moment));
END;

CREATE TRIGGER entry_inserted AFTER INSERT ON entry
  WHEN NEW.version >= (SELECT version FROM change ORDER BY number DESC LIMIT 1)
BEGIN
  INSERT INTO change (version, collection, key) VALUES (NEW.version, NEW.collection, NEW.key);
END;

CREATE TRIGGER entry_inserted_by_others AFTER INSERT ON entry
  WHEN NEW.version < (SELECT version FROM change ORDER BY number DESC LIMIT 1)
BEGIN
  UPDATE entry
  SET version = (SELECT next_version FROM moment),
      modified_at = (SELECT now FROM moment),
      expires_at = CASE WHEN NEW.value IS NULL AND NEW.expires_at IS NULL
                        THEN (SELECT now FROM moment) ELSE NEW.expires_at END
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER entry_renamed BEFORE UPDATE OF collection, key ON entry
  WHEN NEW.collection IS NOT OLD.collection OR NEW.key IS NOT OLD.key
BEGIN
  SELECT RAISE(ABORT, 'coolkit: a key cannot be renamed: insert the new, delete the old');
END;

CREATE TRIGGER entry_updated AFTER UPDATE ON entry WHEN NEW.version > OLD.version
BEGIN
  INSERT INTO change (version, collection, key) VALUES (NEW.version, NEW.collection, NEW.key);
END;

CREATE TRIGGER entry_updated_by_others AFTER UPDATE ON entry WHEN NEW.version <= OLD.version
BEGIN
  UPDATE entry
  SET version = max(OLD.version + 1, (SELECT next_version FROM moment)),
      modified_at = (SELECT now FROM moment),
      expires_at = CASE WHEN NEW.value IS NULL AND NEW.expires_at IS NULL
                        THEN (SELECT now FROM moment) ELSE NEW.expires_at END
  WHERE rowid = NEW.rowid;
END;

-- A deleted row leaves a tombstone, unless it was dead already and every write to come will get a
-- higher version (this is what the collector deletes).
CREATE TRIGGER entry_deleted AFTER DELETE ON entry
  WHEN (OLD.value IS NOT NULL
        AND (OLD.expires_at IS NULL OR OLD.expires_at > (SELECT now FROM moment)))
       OR OLD.version >= (SELECT next_version FROM moment)
BEGIN
  INSERT INTO entry (version, modified_at, expires_at, collection, key)
  SELECT max(OLD.version + 1, next_version), now,
         CASE WHEN OLD.value IS NULL THEN OLD.expires_at ELSE now END, OLD.collection, OLD.key
  FROM moment;
END;

-- --------------------------------------------------------------------------------- what people use
CREATE VIEW kv AS
  SELECT collection, key, value, content_type, expires_at, version, modified_at
  FROM entry
  WHERE value IS NOT NULL AND (expires_at IS NULL OR expires_at > (SELECT now FROM moment));

CREATE TRIGGER kv_insert INSTEAD OF INSERT ON kv
BEGIN
  SELECT RAISE(ABORT, 'coolkit: a value is needed') WHERE NEW.value IS NULL;
  INSERT INTO entry (collection, key, value, content_type, expires_at)
  VALUES (NEW.collection, NEW.key, CAST(NEW.value AS BLOB), NEW.content_type, NEW.expires_at);
END;

CREATE TRIGGER kv_update INSTEAD OF UPDATE ON kv
BEGIN
  SELECT RAISE(ABORT, 'coolkit: a value is needed, delete the row instead')
  WHERE NEW.value IS NULL;
  UPDATE entry
  SET collection = NEW.collection, key = NEW.key, value = CAST(NEW.value AS BLOB),
      content_type = NEW.content_type, expires_at = NEW.expires_at
  WHERE collection = OLD.collection AND key = OLD.key;
END;

CREATE TRIGGER kv_delete INSTEAD OF DELETE ON kv
BEGIN
  DELETE FROM entry WHERE collection = OLD.collection AND key = OLD.key;
END;
