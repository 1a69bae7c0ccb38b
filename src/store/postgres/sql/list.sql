-- $1 text collection  $2 text from (inclusive)  $3 text below (exclusive, never NULL)
-- $4 int limit  $5 bool with values  $6 int8 bytes of keys and values that are wanted at most
-- (beyond, values are left out; the first row has one). First row (key NULL) as in `read`: settled
-- - 1, incarnation, position, db_now. Then the live keys in order.
SELECT NULL::text AS key,
       ((e.base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10) - 1 AS version,
       NULL::bytea AS value, e.wire AS content_type_or_incarnation,
       CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint
           - (SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())) END
         AS modified_us_or_position,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS expires_us_or_db_now_us,
       NULL::int AS length
FROM coolkit.era e
UNION ALL
(SELECT r.key, r.version,
       CASE WHEN $5::bool AND (r.place = 1 OR r.bytes <= $6::int8) THEN r.value END,
       r.content_type, r.modified_us, r.expires_us, r.length
FROM (SELECT p.*, row_number() OVER w AS place,
             sum(octet_length(p.key) + p.length) OVER w AS bytes
      FROM (SELECT e.key, e.version, e.value, e.content_type, octet_length(e.value) AS length,
                   (extract(epoch FROM e.modified_at) * 1000000)::bigint AS modified_us,
                   (extract(epoch FROM e.expires_at) * 1000000)::bigint AS expires_us
            FROM coolkit.entry e
            WHERE e.collection = $1::text AND e.key >= $2::text AND e.key < $3::text
              AND e.value IS NOT NULL
              AND (e.expires_at IS NULL OR e.expires_at > statement_timestamp())
            ORDER BY e.key LIMIT $4::int) p
      WINDOW w AS (ORDER BY p.key ROWS UNBOUNDED PRECEDING)) r
ORDER BY r.key)
