-- $1 text[] collection  $2 text[] key (NULL: folded away)  $3 bytea[] value  $4 text[] content type
-- $5 int8[] ttl in ms (NULL: no end; -1: as the live row found has it; 0 for a delete)
-- $6 int2[] condition: put 0 always, 1 absent, 2 present, 3 version in list, 4 version not in list;
--   the same + 10: delete
-- $7 int2[] fold: how many writes this row stands for  $8 int8[] versions, flat
-- $9 int2[] first, $10 int2[] last index into $8
-- $11 uuid the incarnation this is meant for (NULL: any). At most 1000 positions. Not that
--   incarnation: KV001, nothing is written.
WITH s AS MATERIALIZED (
  SELECT (SELECT coalesce((SELECT (r.base + pg_current_xact_id()::text::bigint) << 10
                           FROM coolkit.era r
                           WHERE r.id = $11::uuid AND cardinality($2::text[]) <= 1000),
                          coolkit.version_for($11::uuid, cardinality($2::text[])))) + u.i AS v,
         u.*
  FROM unnest($1::text[], $2::text[], $4::text[], $5::int8[], $6::int2[])
       WITH ORDINALITY AS u (collection, key, content_type, ttl, cond, i)
  WHERE u.key IS NOT NULL
), w AS (
  INSERT INTO coolkit.entry AS t (version, created_version, modified_at, expires_at, collection,
                                  key, content_type, value)
  SELECT v, v, now(), CASE WHEN ttl >= 0 THEN now() + ttl * interval '1 millisecond' END,
         collection, key, content_type, ($3::bytea[])[i]
  FROM s
  WHERE cond IN (0, 1, 4)
     OR EXISTS (SELECT FROM coolkit.entry e
                WHERE e.collection = s.collection AND e.key = s.key AND e.value IS NOT NULL)
  ON CONFLICT (collection, key) DO UPDATE SET
    version = greatest(t.version + ($7::int2[])[excluded.version & 1023], excluded.version),
    created_version =
      CASE WHEN t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now())
           THEN t.created_version
           ELSE greatest(t.version + ($7::int2[])[excluded.version & 1023], excluded.version) END,
    modified_at = excluded.modified_at,
    expires_at =
      CASE WHEN ($5::int8[])[excluded.version & 1023] = -1
           THEN CASE WHEN t.value IS NOT NULL AND t.expires_at > now() THEN t.expires_at END
           ELSE excluded.expires_at END,
    content_type = excluded.content_type, value = excluded.value
  WHERE CASE ($6::int2[])[excluded.version & 1023] % 10
          WHEN 0 THEN ($6::int2[])[excluded.version & 1023] = 0
                   OR (t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now()))
          WHEN 1 THEN ($6::int2[])[excluded.version & 1023] = 1
                   AND NOT (t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now()))
          WHEN 2 THEN t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now())
          WHEN 3 THEN t.value IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > now())
                   AND t.version = ANY (($8::int8[])[($9::int2[])[excluded.version & 1023]
                                                     : ($10::int2[])[excluded.version & 1023]])
          ELSE CASE WHEN NOT (t.value IS NOT NULL
                              AND (t.expires_at IS NULL OR t.expires_at > now()))
                    THEN ($6::int2[])[excluded.version & 1023] = 4
                    ELSE t.version <> ALL (($8::int8[])[($9::int2[])[excluded.version & 1023]
                                                        : ($10::int2[])[excluded.version & 1023]])
               END
        END
  RETURNING t.collection, t.key, t.version, t.created_version = t.version AS created, t.expires_at
)
-- expires_at is a timestamp: reading its number out of it would cost more than sending it
SELECT collection, key, version, created,
       (SELECT (extract(epoch FROM now()) * 1000000)::bigint) AS modified_us, expires_at FROM w
UNION ALL   -- a conditional delete that did nothing: was there something (412) or not (404)?
SELECT s.collection, s.key, NULL, NULL, NULL, NULL FROM s
WHERE s.cond IN (11, 13, 14)
  AND EXISTS (SELECT FROM coolkit.entry e
              WHERE e.collection = s.collection AND e.key = s.key AND e.value IS NOT NULL
                AND (e.expires_at IS NULL OR e.expires_at > now()))
