-- Faults of the server, the database and the user's own settings: id and what was seen, one row
-- each. Looks at catalogs only, so it runs on a standby and without the schema.
-- $1 connections per pod  $2 connections of all pods, 0: not asked for
WITH settings AS (  -- of roles and databases, as far as they count here
  SELECT coalesce(r.rolname, 'every role') AS who, split_part(c, '=', 1) AS name,
         split_part(c, '=', 2) AS value
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
  WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
), limits AS (
  SELECT current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int AS server,
         d.datconnlimit AS database, u.rolconnlimit AS role
  FROM pg_database d, pg_roles u
  WHERE d.datname = current_database() AND u.rolname = current_user
)
SELECT id, seen FROM (VALUES
  ('standby', CASE WHEN pg_is_in_recovery() THEN 'it is in recovery' END),
  ('read-only', CASE WHEN current_setting('transaction_read_only') = 'on'
    AND NOT pg_is_in_recovery() THEN 'default_transaction_read_only is on' END),
  ('encoding', CASE WHEN current_setting('server_encoding') <> 'UTF8'
    THEN current_setting('server_encoding') END),
  ('fsync', CASE WHEN current_setting('fsync') = 'off' THEN 'off' END),
  ('full-page-writes', CASE WHEN current_setting('full_page_writes') = 'off' THEN 'off' END),
  ('synchronous-commit', CASE WHEN current_setting('synchronous_commit') = 'off' THEN 'off'
    ELSE (SELECT 'off for ' || string_agg(DISTINCT who, ', ') FROM settings
          WHERE name = 'synchronous_commit' AND value IN ('off', 'false', 'no', '0')) END),
  ('zero-damaged-pages',
    CASE WHEN current_setting('zero_damaged_pages') = 'on' THEN 'on' END),
  ('data-sync-retry', CASE WHEN current_setting('data_sync_retry') = 'on' THEN 'on' END),
  ('autovacuum', CASE WHEN current_setting('autovacuum') = 'off' THEN 'autovacuum is off'
    WHEN current_setting('track_counts') = 'off' THEN 'track_counts is off' END),
  ('replication-role', CASE WHEN current_setting('session_replication_role') <> 'origin'
    THEN 'every session begins with ' || current_setting('session_replication_role')
    ELSE (SELECT string_agg(DISTINCT value || ' for ' || who, ', ') FROM settings
          WHERE name = 'session_replication_role' AND value <> 'origin') END),
  ('prepared-transactions-allowed',
    CASE WHEN current_setting('max_prepared_transactions')::int > 0
    THEN current_setting('max_prepared_transactions') END),
  ('prepared-transaction',
    (SELECT string_agg(format('''%s'' since %s', gid, prepared::timestamptz(0)), ', ')
     FROM pg_prepared_xacts WHERE database = current_database())),
  ('connections-few', (SELECT CASE WHEN server * 80 / 100 < $1::int
     THEN format('80 %% of %s that are not reserved are %s, a pod may want %s', server,
                 server * 80 / 100, $1) END FROM limits)),
  ('connections-budget', (SELECT CASE WHEN $2::int > server * 80 / 100
     THEN format('%s were asked for, 80 %% of %s that are not reserved are %s', $2, server,
                 server * 80 / 100) END FROM limits)),
  ('connections-of-role', (SELECT CASE WHEN role BETWEEN 0 AND $1::int - 1
     THEN format('%s has CONNECTION LIMIT %s, a pod may want %s', current_user, role, $1) END
     FROM limits)),
  ('connections-of-database', (SELECT CASE WHEN database BETWEEN 0 AND $1::int - 1
     THEN format('%s has CONNECTION LIMIT %s, a pod may want %s', current_database(), database,
                 $1) END FROM limits))
) AS faults (id, seen) WHERE seen IS NOT NULL
