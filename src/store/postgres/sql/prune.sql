-- $1, $2 xid8: a slice [from, below), never above the floor  $3 uuid: their incarnation  $4 int at
-- most. The answer: how many rows went, and the id from which on the next slice begins, so that no
-- scan crosses dead index entries. The floor was raised and committed before.
WITH gone AS (
  DELETE FROM coolkit.change WHERE ctid = ANY (ARRAY(
    SELECT c.ctid FROM coolkit.change c
    WHERE c.xid >= $1::xid8 AND c.xid < $2::xid8
      AND $2::xid8 <= (SELECT f.pruned_below FROM coolkit.feed_floor f, coolkit.era e
                       WHERE e.id = $3::uuid)
    ORDER BY c.xid LIMIT $4::int))
  RETURNING xid
)
SELECT count(*), max(xid::text::bigint) FROM gone
