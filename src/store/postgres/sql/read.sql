-- $1 text collection  $2 text[] keys (distinct). First row (key NULL): settled - 1, incarnation,
-- position, db_now. No such row: no incarnation, use nothing. Position NULL: not a transaction of
-- its own, use nothing. Then one row per key that has a row; value NULL: dead.
SELECT NULL::text AS collection, NULL::text AS key,
       ((e.base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10) - 1 AS version,
       NULL::bytea AS value, e.wire AS content_type_or_incarnation,
       CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint
           - (SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())) END
         AS modified_us_or_position,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS expires_us_or_db_now_us
FROM coolkit.era e
UNION ALL
SELECT e.collection, e.key, e.version,
       CASE WHEN e.expires_at IS NULL OR e.expires_at > statement_timestamp() THEN e.value END,
       e.content_type, (extract(epoch FROM e.modified_at) * 1000000)::bigint,
       (extract(epoch FROM e.expires_at) * 1000000)::bigint
FROM coolkit.entry e WHERE e.collection = $1::text AND e.key = ANY ($2::text[])
