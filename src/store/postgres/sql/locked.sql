-- After lock_timeout: which of these keys are locked by somebody? $1 text[] collections  $2 text[]
-- keys, pairwise. A row that another transaction has inserted and not committed is not seen.
WITH free AS (
  SELECT e.collection, e.key FROM unnest($1::text[], $2::text[]) AS u (collection, key)
  JOIN coolkit.entry e ON e.collection = u.collection AND e.key = u.key
  FOR NO KEY UPDATE OF e SKIP LOCKED
)
SELECT e.collection, e.key FROM unnest($1::text[], $2::text[]) AS u (collection, key)
JOIN coolkit.entry e ON e.collection = u.collection AND e.key = u.key
WHERE NOT EXISTS (SELECT FROM free f WHERE f.collection = e.collection AND f.key = e.key)
