-- After an overflow: what changed between two snapshots, by collection. $1, $2: the old cursor, $3
-- text of a pg_snapshot: the new one, $4 uuid: their incarnation. NULL = flush all. A row ''
-- = the incarnation is still that one; without it: start anew.
SELECT ''::text FROM coolkit.era e WHERE e.id = $4::uuid
UNION ALL
(SELECT DISTINCT c.collection FROM coolkit.change c
 WHERE (c.xid >= $1::xid8 OR c.xid = ANY ($2::xid8[]))
   AND pg_visible_in_snapshot(c.xid, $3::text::pg_snapshot))
