-- In the pipeline of a write, after its Sync: the position of every write acknowledged there, and
-- the database's clock. No row: no incarnation. Position NULL: the transaction has an id of its
-- own, so its snapshot has no position (a mistake of the sender).
SELECT e.wire,
       CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint
           - (SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())) END AS position,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS db_now_us
FROM coolkit.era e
