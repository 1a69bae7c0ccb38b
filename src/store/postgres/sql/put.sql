-- `write` for puts without conditions that give their own end, which needs less of the server.
-- $1 text[] collection  $2 text[] key (NULL: folded away)  $3 bytea[] value  $4 text[] content type
-- $5 int8[] ttl in ms (NULL: no end)  $6 int2[] fold: how many writes this row stands for
-- $7 uuid the incarnation this is meant for (NULL: any). At most 1000 positions. Not that
--   incarnation: KV001, nothing is written. OFFSET: the number of the transaction is read once.
INSERT INTO coolkit.entry AS t (version, created_version, modified_at, expires_at, collection, key,
                                content_type, value)
SELECT b.v + u.i, b.v + u.i, now(), now() + u.ttl * interval '1 millisecond', u.collection, u.key,
       u.content_type, u.value
FROM (SELECT coalesce((SELECT (r.base + pg_current_xact_id()::text::bigint) << 10
                       FROM coolkit.era r
                       WHERE r.id = $7::uuid AND cardinality($2::text[]) <= 1000),
                      coolkit.version_for($7::uuid, cardinality($2::text[]))) AS v OFFSET 0) AS b,
     unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::int8[])
       WITH ORDINALITY AS u (collection, key, value, content_type, ttl, i)
WHERE u.key IS NOT NULL
ON CONFLICT (collection, key) DO UPDATE SET
  version = greatest(t.version + ($6::int2[])[excluded.version & 1023], excluded.version),
  created_version =
    CASE WHEN t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now())
         THEN t.created_version
         ELSE greatest(t.version + ($6::int2[])[excluded.version & 1023], excluded.version) END,
  modified_at = excluded.modified_at, expires_at = excluded.expires_at,
  content_type = excluded.content_type, value = excluded.value
RETURNING t.collection, t.key, t.version, t.created_version = t.version AS created,
          (SELECT (extract(epoch FROM now()) * 1000000)::bigint) AS modified_us
