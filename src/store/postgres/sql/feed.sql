-- $1 xid8 = xmax of the cursor  $2 xid8[] = its xip  $3 int = most change rows wanted, plus one
-- First row: the new cursor, the floor (in xid), db_now, the incarnation. No such row: no
-- incarnation. Another incarnation, or floor > xmin of the cursor: the cursor is lost (first poll:
-- $1 = 9223372036854775807). Snapshot NULL: not a transaction of its own.
-- Then every change row that this snapshot sees and the cursor did not, in any order.
SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text END
         AS snapshot,
       f.pruned_below::text AS xid,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS version_or_db_now_us,
       e.wire AS collection_or_incarnation, ''::text AS key
FROM coolkit.era e, coolkit.feed_floor f
UNION ALL
(SELECT NULL, c.xid::text, c.version, c.collection, c.key FROM coolkit.change c
 WHERE c.xid >= $1::xid8 ORDER BY c.xid LIMIT $3::int)
UNION ALL
(SELECT NULL, c.xid::text, c.version, c.collection, c.key FROM coolkit.change c
 WHERE c.xid = ANY ($2::xid8[]) ORDER BY c.xid LIMIT $3::int)
