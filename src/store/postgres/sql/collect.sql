-- Removes dead rows (tombstones, expired). $1 int8 keep for this many ms  $2 int at most.
WITH d AS (
  SELECT e.collection, e.key FROM coolkit.entry e
  WHERE e.expires_at < now() - $1::int8 * interval '1 millisecond'
    AND e.version < (SELECT (i.base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 10
                     FROM coolkit.era i)
  ORDER BY e.expires_at LIMIT $2::int FOR UPDATE SKIP LOCKED
), x AS (
  DELETE FROM coolkit.entry e USING d WHERE e.collection = d.collection AND e.key = d.key
  RETURNING 1
)
SELECT count(*) FROM x
