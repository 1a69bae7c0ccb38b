-- compatible_from: 1
-- The first schema. The first line says which release may still run on the schema that this file
-- leaves: the oldest that knows the schema with that number. Applied in one transaction by a member
-- of coolkit_owner, a superuser or any user that may create a schema; needs no role to exist.
--
-- Names: coolkit.entry is the table (with tombstones), coolkit.kv is what people see and may write
-- with plain SQL.

DO $$ BEGIN
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'coolkit needs a database with encoding UTF8, this one has %',
      current_setting('server_encoding');
  END IF;
  IF current_setting('server_version_num')::int < 140000 THEN
    RAISE EXCEPTION 'coolkit needs PostgreSQL 14 or newer';
  END IF;
END $$;

CREATE SCHEMA coolkit;
REVOKE ALL ON SCHEMA coolkit FROM PUBLIC;

-- -------------------------------------------------------------------------------------- migrations
CREATE TABLE coolkit.migration (
  number          int         PRIMARY KEY,
  name            text        NOT NULL,
  sha256          bytea       NOT NULL,                 -- of the file; a changed file is refused
  -- the oldest schema number whose binaries may still run on this one
  compatible_from int         NOT NULL,
  applied_at      timestamptz NOT NULL DEFAULT now(),
  applied_by      text        NOT NULL DEFAULT session_user
);

-- ----------------------------------------------------------------------- incarnations and versions
-- version = greatest(old + 1, (base + transaction id) << 10 | position in the batch), position
-- 1..1000. base + transaction id starts at the microseconds since 1970 when the incarnation begins
-- and grows by one per transaction: below 2^53 until the year 2255 (2^63 with the position).
--
-- An incarnation is one uninterrupted life of the database. Its row is UNLOGGED: gone after crash
-- recovery, promotion and restore of a physical backup, there after a clean restart, unreadable on
-- a standby. The row names the transaction that wrote it and its table, so that a copy made by
-- pg_dump is not taken for the original (era below): that costs nothing to check. base lives here
-- and nowhere else: no write without it.
CREATE UNLOGGED TABLE coolkit.incarnation (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  id    uuid    NOT NULL DEFAULT gen_random_uuid(),
  base  bigint  NOT NULL CHECK (base BETWEEN 1 AND 9007199254740991),
  sysid bigint  NOT NULL,                               -- system identifier of the cluster
  dboid oid     NOT NULL,                               -- oid of the database
  rel   oid     NOT NULL,                               -- oid of this table
  mark  xid     NOT NULL,                               -- xmin of this row
  wire  text    NOT NULL GENERATED ALWAYS
    AS (sysid::text || '.' || dboid::text || '.' || id::text || '.' || base::text) STORED
);
CREATE VIEW coolkit.era AS SELECT id, base, wire FROM coolkit.incarnation WHERE xmin = mark
  AND tableoid = rel;

-- The logged copy: every base there ever was. The next one is higher.
CREATE TABLE coolkit.incarnation_log (
  base  bigint PRIMARY KEY, id uuid NOT NULL, sysid bigint NOT NULL, dboid oid NOT NULL,
  why   text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    by text NOT NULL DEFAULT session_user
);

-- Internal. A new row with a higher base (and the feed starts anew); in_place: the incarnation
-- stays, only its base is raised.
CREATE FUNCTION coolkit.raise_base(why text, scan boolean, in_place boolean)
  RETURNS coolkit.incarnation LANGUAGE plpgsql AS $$
DECLARE i coolkit.incarnation; last coolkit.incarnation_log; sys bigint; db oid; top bigint := 0; b
  bigint;
BEGIN
  -- the log must survive a crash
  IF current_setting('synchronous_commit') = 'off'
    THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  SELECT system_identifier INTO sys FROM pg_control_system();
  SELECT oid INTO db FROM pg_database WHERE datname = current_database();
  SELECT * INTO last FROM coolkit.incarnation_log ORDER BY base DESC LIMIT 1;
  -- versions that are in the table: looked at when they come from elsewhere, and when looking is
  -- cheap
  IF scan OR (last.sysid, last.dboid) IS DISTINCT FROM (sys, db)
    OR pg_relation_size('coolkit.entry') <= 8388608 THEN
    SELECT coalesce(max(version), 0) >> 10 INTO top FROM coolkit.entry;
  END IF;
  -- xmin, not the next id: a transaction that already has its id may write later
  SELECT greatest(coalesce(last.base, 0) + 1,
                  (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - x,
                  top + 1 - x,
                  coalesce(last.base, 0) + coalesce((SELECT c.xid::text::bigint
                    FROM coolkit.change c ORDER BY c.xid DESC LIMIT 1), 0) + 1 - x)
    INTO b FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS x) s;
  IF in_place THEN
    UPDATE coolkit.incarnation SET base = b RETURNING * INTO STRICT i;
  ELSE
    DELETE FROM coolkit.incarnation;
    INSERT INTO coolkit.incarnation (base, sysid, dboid, rel, mark)
      VALUES (b, sys, db, 'coolkit.incarnation'::regclass, '0')
      -- REPEATABLE READ with a snapshot from before it began: 40001
      ON CONFLICT (one) DO NOTHING RETURNING * INTO STRICT i;
    -- rows of another cluster
    DELETE FROM coolkit.change WHERE xid >= pg_snapshot_xmin(pg_current_snapshot());
    UPDATE coolkit.feed_floor SET pruned_below = pg_snapshot_xmin(pg_current_snapshot());
  END IF;
  -- the id of this (sub)transaction, whichever it is
  UPDATE coolkit.incarnation SET mark = xmin RETURNING * INTO i;
  INSERT INTO coolkit.incarnation_log (base, id, sysid, dboid, why)
    VALUES (i.base, i.id, i.sysid, i.dboid, why);
  RETURN i;
END $$;

-- First statement on every connection. Returns the row, creates it when it is absent or not of this
-- cluster and database.
CREATE FUNCTION coolkit.begin_incarnation() RETURNS coolkit.incarnation
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE i coolkit.incarnation;
BEGIN
  FOR n IN 1..2 LOOP
    SELECT t.* INTO i FROM coolkit.incarnation t, pg_control_system() s, pg_database d
      WHERE t.xmin = t.mark AND t.tableoid = t.rel AND t.sysid = s.system_identifier
        AND d.datname = current_database() AND t.dboid = d.oid;
    IF FOUND THEN RETURN i; END IF;
    IF n = 1 THEN PERFORM pg_advisory_xact_lock(hashtextextended('coolkit.incarnation', 0)); END IF;
  END LOOP;
  RETURN coolkit.raise_base('begin', false, false);
END $$;

-- `coolkit migrate after-restore`: for the cases that leave the row in place (a file copy of a
-- stopped server, single tables restored).
CREATE FUNCTION coolkit.after_restore() RETURNS coolkit.incarnation
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  LOCK TABLE coolkit.entry IN EXCLUSIVE MODE;
  PERFORM pg_advisory_xact_lock(hashtextextended('coolkit.incarnation', 0));
  RETURN coolkit.raise_base('after-restore', true, false);
END $$;

-- The version of a write with plain SQL; begins the incarnation if nobody did. A base raised after
-- the snapshot of a REPEATABLE READ transaction is not visible to it: FOR SHARE makes that 40001.
CREATE FUNCTION coolkit.version_now() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE b bigint;
BEGIN
  IF current_setting('transaction_isolation') = 'read committed' THEN SELECT e.base INTO b
    FROM coolkit.era e;
  ELSE SELECT i.base INTO b FROM coolkit.incarnation i WHERE i.xmin = i.mark
    AND i.tableoid = i.rel FOR SHARE;
  END IF;
  IF b IS NULL THEN b := (coolkit.begin_incarnation()).base; END IF;
  RETURN (b + pg_current_xact_id()::text::bigint) << 10 | 1;
END $$;

-- Every version below this number belongs to a transaction that is over, and every write that is
-- still to come gets a higher one. So it is also "the version of an absence": a key without a row,
-- read in this snapshot, is absent as of version_settled() - 1.
CREATE FUNCTION coolkit.version_settled() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v bigint;
BEGIN
  SELECT (e.base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10 INTO v
    FROM coolkit.era e;
  IF v IS NULL
    THEN v := ((coolkit.begin_incarnation()).base +
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10; END IF;
  RETURN v;
END $$;

-- Where the service's write statement ends up when the incarnation it names is not this one. NULL =
-- any, begin one if there is none.
CREATE FUNCTION coolkit.version_for(wanted uuid, n int) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF n > 1000 THEN RAISE EXCEPTION 'coolkit: a batch has at most 1000 positions, this one %', n
    USING ERRCODE = 'KV002'; END IF;
  IF wanted IS NOT NULL THEN
    RAISE EXCEPTION 'coolkit: the incarnation is %, not %', coalesce((SELECT e.id::text
      FROM coolkit.era e), 'not begun'), wanted USING ERRCODE = 'KV001';
  END IF;
  RETURN coolkit.version_now() & ~1023::bigint;
END $$;

-- ------------------------------------------------------------------------------------------- entry
CREATE TABLE coolkit.entry (
  -- 0 = "not given": the guard trigger sets it
  version         bigint      NOT NULL DEFAULT 0,
  -- version of the write that created this incarnation; = version: just created
  created_version bigint      NOT NULL DEFAULT 0,
  modified_at     timestamptz NOT NULL DEFAULT now(),   -- Last-Modified
  -- end of life; of a tombstone: when it was deleted
  expires_at      timestamptz,
  collection      text COLLATE "C" NOT NULL,
  key             text COLLATE "C" NOT NULL,
  content_type    text COLLATE "C",                     -- NULL = application/octet-stream
  value           bytea COMPRESSION lz4,                -- NULL = tombstone
  CONSTRAINT entry_pkey PRIMARY KEY (collection, key),
  CONSTRAINT entry_collection CHECK (collection ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  CONSTRAINT entry_key CHECK (octet_length(key) BETWEEN 1 AND 512),
  -- 'infinity' and far years do not fit into microseconds since 1970
  CONSTRAINT entry_expiry CHECK (expires_at >= '1970-01-01 00:00:00+00'
    AND expires_at < '10000-01-01 00:00:00+00'),
  CONSTRAINT entry_tombstone CHECK (value IS NOT NULL OR expires_at IS NOT NULL)
) WITH (fillfactor = 85,
        autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05,
        autovacuum_vacuum_cost_delay = 1, vacuum_truncate = off,
        toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_cost_delay = 1,
          toast.vacuum_truncate = off);
-- The only secondary index. Its columns must never include one that an ordinary write changes
-- (value, version, modified_at), neither as key nor in the predicate: that would end HOT updates.
-- Tombstones are found through expires_at, not through "value IS NULL".
CREATE INDEX entry_expiry ON coolkit.entry (expires_at) WHERE expires_at IS NOT NULL;

CREATE VIEW coolkit.kv AS
  SELECT collection, key, value, content_type, expires_at, version, modified_at
  FROM coolkit.entry WHERE value IS NOT NULL AND (expires_at IS NULL OR expires_at > now());

-- ------------------------------------------------------------------------------------- change feed
CREATE TABLE coolkit.change (
  xid        xid8   NOT NULL DEFAULT pg_current_xact_id(),
  version    bigint,                                    -- NULL with key NULL
  collection text COLLATE "C",                          -- NULL = everything changed: flush
  -- NULL = everything in this collection changed
  key        text COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_threshold = -1,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);
CREATE INDEX change_xid ON coolkit.change (xid);

-- One row: every change row with xid < pruned_below may be gone. A cursor of this incarnation whose
-- xmin is lower has lost rows and must flush. The value is xmin(m) of a snapshot m taken one
-- retention ago: a row with xid < xmin(m) was committed before m, so m saw it. Snapshots are
-- nested, so a cursor taken after m has xmin >= xmin(m) and is never refused; rows that m saw above
-- its xmin just stay a little longer.
CREATE TABLE coolkit.feed_floor (
  one          boolean PRIMARY KEY DEFAULT true CHECK (one),
  pruned_below xid8    NOT NULL
) WITH (fillfactor = 50);
INSERT INTO coolkit.feed_floor VALUES (true, pg_snapshot_xmin(pg_current_snapshot()));

-- A statement that changes more keys than this writes one row per collection instead of one per
-- key.
CREATE FUNCTION coolkit.feed_bulk() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT 10000';

-- ---------------------------------------------------------------------------------------- triggers
-- 1. Guards (row level, plpgsql, only for writers that did not set a version: the service's own
-- statements never enter them).
CREATE FUNCTION coolkit.guard_insert() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE gone bigint;
BEGIN
  -- a plain INSERT of a key that is deleted or expired: take the dead row away, keep the order of
  -- versions
  PERFORM set_config('coolkit.reviving', 'on', true);
  DELETE FROM coolkit.entry e WHERE e.collection = NEW.collection AND e.key = NEW.key
     AND (e.value IS NULL OR e.expires_at <= now()) RETURNING e.version INTO gone;
  PERFORM set_config('coolkit.reviving', '', true);
  NEW.version := greatest(gone + 1, coolkit.version_now());
  NEW.created_version := NEW.version;
  NEW.modified_at := now();
  RETURN NEW;
END $$;

CREATE FUNCTION coolkit.guard_update() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.collection, NEW.key) IS DISTINCT FROM (OLD.collection, OLD.key) THEN
    RAISE EXCEPTION 'coolkit: a key cannot be renamed, insert the new one and delete the old one'
      USING ERRCODE = 'feature_not_supported';
  END IF;
  NEW.version := greatest(OLD.version + 1, coolkit.version_now());
  NEW.created_version := OLD.created_version;
  NEW.modified_at := now();
  IF NEW.value IS NULL AND NEW.expires_at IS NULL THEN NEW.expires_at := now(); END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER guard_insert BEFORE INSERT ON coolkit.entry FOR EACH ROW WHEN (NEW.version <= 0)
  EXECUTE FUNCTION coolkit.guard_insert();
CREATE TRIGGER guard_update BEFORE UPDATE ON coolkit.entry FOR EACH ROW
  WHEN (NEW.version <= OLD.version OR NEW.key <> OLD.key OR NEW.collection <> OLD.collection)
    EXECUTE FUNCTION coolkit.guard_update();

-- 2. Feed (statement level, transition tables): every writer, the service too.
CREATE FUNCTION coolkit.feed_upsert() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM (SELECT
    FROM rows LIMIT coolkit.feed_bulk() + 1) s) > coolkit.feed_bulk() THEN
    INSERT INTO coolkit.change (collection) SELECT DISTINCT r.collection FROM rows r;
  ELSE
    INSERT INTO coolkit.change (collection, key, version) SELECT r.collection, r.key, r.version
      FROM rows r;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION coolkit.feed_delete() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE settled bigint;
BEGIN
  -- the DELETE in guard_insert
  IF current_setting('coolkit.reviving', true) = 'on' AND pg_trigger_depth() > 1
    THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT FROM rows) THEN RETURN NULL; END IF;
  settled := coolkit.version_settled();
  -- a dead row that is settled may go without a trace (this is what the collector deletes);
  -- everything else leaves a tombstone, and inserting it writes the change row
  INSERT INTO coolkit.entry
    AS t (collection, key, version, created_version, modified_at, expires_at)
    SELECT r.collection, r.key, greatest(r.version + 1, (SELECT coolkit.version_now())),
      r.created_version, now(),
           CASE WHEN r.value IS NULL THEN r.expires_at ELSE now() END
    FROM rows r WHERE (r.value IS NOT NULL AND (r.expires_at IS NULL OR r.expires_at > now()))
      OR r.version >= settled
    ORDER BY r.collection, r.key
  ON CONFLICT (collection, key) DO NOTHING;
  RETURN NULL;
END $$;

CREATE FUNCTION coolkit.feed_truncate() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM coolkit.begin_incarnation();
  -- tombstones go: later versions must be above all of them
  PERFORM coolkit.raise_base('truncate', true, true);
  INSERT INTO coolkit.change (collection, key, version) VALUES (NULL, NULL, NULL);
  RETURN NULL;
END $$;

CREATE TRIGGER feed_insert   AFTER  INSERT   ON coolkit.entry REFERENCING NEW TABLE AS rows
  FOR EACH STATEMENT EXECUTE FUNCTION coolkit.feed_upsert();
CREATE TRIGGER feed_update   AFTER  UPDATE   ON coolkit.entry REFERENCING NEW TABLE AS rows
  FOR EACH STATEMENT EXECUTE FUNCTION coolkit.feed_upsert();
CREATE TRIGGER feed_delete   AFTER  DELETE   ON coolkit.entry REFERENCING OLD TABLE AS rows
  FOR EACH STATEMENT EXECUTE FUNCTION coolkit.feed_delete();
CREATE TRIGGER feed_truncate BEFORE TRUNCATE ON coolkit.entry FOR EACH STATEMENT
  EXECUTE FUNCTION coolkit.feed_truncate();
-- also under session_replication_role = replica (some ETL and restore tools set it)
ALTER TABLE coolkit.entry ENABLE ALWAYS TRIGGER guard_insert, ENABLE ALWAYS TRIGGER guard_update,
  ENABLE ALWAYS TRIGGER feed_insert,
  ENABLE ALWAYS TRIGGER feed_update, ENABLE ALWAYS TRIGGER feed_delete,
    ENABLE ALWAYS TRIGGER feed_truncate;

-- -------------------------------------------------------------------------------------------- ring
CREATE TABLE coolkit.ring (
  ring_id    text        PRIMARY KEY,
  -- fences views: grows with every change of holder and with every view
  epoch      bigint      NOT NULL DEFAULT 0,
  holder     text,                                      -- pod uid + boot id
  until      timestamptz NOT NULL DEFAULT '-infinity',  -- judged by the database's clock only
  -- live members: every ring reads the sum for its connection budget
  members    int         NOT NULL DEFAULT 0,
  view       bytea,                                     -- the assignment of the slots
  changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);
CREATE TABLE coolkit.tailer (
  ring_id text NOT NULL, seat smallint NOT NULL CHECK (seat BETWEEN 0 AND 7),
  holder  text, until timestamptz NOT NULL DEFAULT '-infinity', term bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (ring_id, seat)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA coolkit FROM PUBLIC;
