-- $1 text collection  $2 text from (inclusive)  $3 text below (exclusive, never NULL)  $4 int limit
-- $5 bool with values First row (key NULL) as in read: settled - 1, incarnation, position, db_now.
-- Then the live keys in order.
SELECT NULL::text
  AS key, ((e.base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10) - 1
    AS version, e.wire AS content_type_or_incarnation, NULL::int AS length,
       CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint - (SELECT count(*)
           FROM pg_snapshot_xip(pg_current_snapshot())) END AS modified_us_or_position,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
         AS expires_us_or_db_now_us, NULL::bytea AS value
FROM coolkit.era e
UNION ALL
(SELECT e.key, e.version, e.content_type, octet_length(e.value), (extract(epoch
  FROM e.modified_at) * 1000000)::bigint,
       (extract(epoch FROM e.expires_at) * 1000000)::bigint, CASE WHEN $5::bool THEN e.value END
FROM coolkit.entry e
WHERE e.collection = $1::text AND e.key >= $2::text AND e.key < $3::text
  AND e.value IS NOT NULL AND (e.expires_at IS NULL OR e.expires_at > statement_timestamp())
ORDER BY e.key LIMIT $4::int)
