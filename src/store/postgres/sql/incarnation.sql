-- The incarnation (begun here if there is none) and what the session must know. On a standby 0A000
-- (an unlogged table can't be read there), on a read-only primary without a row 25006: wrong
-- server. wire = system identifier . database oid . id . base. Equal = the first three are equal;
-- base orders different ones, higher is newer. Connections that only superusers and the like may
-- have (a managed server's own) are none of ours; reserved_connections is of PostgreSQL 16.
SELECT i.wire, current_setting('server_version_num')::int, current_setting('synchronous_commit'),
       current_setting('transaction_isolation'), current_setting('max_prepared_transactions')::int,
       (SELECT max(number) FROM coolkit.migration),
       (SELECT max(compatible_from) FROM coolkit.migration),
       current_setting('plan_cache_mode'), current_setting('enable_seqscan'),
       current_setting('transaction_read_only'), current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true), '0')::int
FROM coolkit.begin_incarnation() i
