-- What each role may do; applied whenever coolkit migrates and the four roles exist. Idempotent.
-- coolkit_owner owns all of this (DDL: `coolkit migrate`); coolkit_service is what pods log in
-- through; coolkit_reader reads; coolkit_writer is for applications that write with plain SQL. All
-- are NOLOGIN groups: grant them to IAM or password users.
GRANT USAGE ON SCHEMA coolkit TO coolkit_service, coolkit_reader, coolkit_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON coolkit.entry TO coolkit_service;
-- DELETE: pruning. No INSERT: only the triggers write
GRANT SELECT, DELETE                 ON coolkit.change TO coolkit_service;
GRANT SELECT, UPDATE                 ON coolkit.feed_floor TO coolkit_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON coolkit.ring, coolkit.tailer TO coolkit_service;
-- No INSERT: the first secret comes from begin_ring_key(), the others from the owner
GRANT SELECT                         ON coolkit.ring_key TO coolkit_service;
GRANT SELECT                         ON coolkit.migration TO coolkit_service, coolkit_reader;
GRANT SELECT ON coolkit.kv TO coolkit_service, coolkit_reader, coolkit_writer;
GRANT INSERT (collection, key, value, content_type, expires_at),
  UPDATE (value, content_type, expires_at), DELETE ON coolkit.kv TO coolkit_writer;
-- COPY can't write to a view
GRANT INSERT (collection, key, value, content_type, expires_at) ON coolkit.entry TO coolkit_writer;
GRANT SELECT                         ON coolkit.era, coolkit.incarnation_log TO coolkit_service;
GRANT EXECUTE ON FUNCTION coolkit.begin_incarnation(), coolkit.version_for(uuid, int),
  coolkit.feed_bulk(), coolkit.begin_ring_key() TO coolkit_service;
