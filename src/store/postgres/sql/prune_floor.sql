-- $1 xid8: xmin of a snapshot taken one retention ago  $2 uuid: its incarnation (ids start again in
-- the next one). Raised and committed before anything is deleted.
UPDATE coolkit.feed_floor SET pruned_below = $1::xid8
WHERE pruned_below < $1::xid8 AND EXISTS (SELECT FROM coolkit.era e WHERE e.id = $2::uuid)
