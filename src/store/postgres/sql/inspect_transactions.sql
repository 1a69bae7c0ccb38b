-- Transactions that hold back the horizon for longer than $1 (milliseconds): those that write, in
-- any database of the cluster, and those with a snapshot in this one.
SELECT 'old-transaction', string_agg(format('pid %s of %s%s since %s', pid, usename,
         CASE WHEN application_name = '' THEN '' ELSE ' (' || application_name || ')' END,
         xact_start::timestamptz(0)), ', ' ORDER BY xact_start)
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'background worker',
                                                   'parallel worker', 'walsender')
  AND xact_start < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
  AND (backend_xid IS NOT NULL OR (backend_xmin IS NOT NULL AND datname = current_database()))
HAVING count(*) > 0
