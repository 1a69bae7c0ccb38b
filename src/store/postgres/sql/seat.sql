-- Takes or keeps a tailer's seat. $1 ring  $2 int4 seat  $3 holder  $4 int8 ms. One row: held.
INSERT INTO coolkit.tailer AS t (ring_id, seat, holder, until, term)
VALUES ($1::text, $2::int4, $3::text, clock_timestamp() + $4::int8 * interval '1 millisecond', 1)
ON CONFLICT (ring_id, seat) DO UPDATE SET
  term = t.term + CASE WHEN t.holder IS DISTINCT FROM $3::text THEN 1 ELSE 0 END,
  holder = $3::text, until = clock_timestamp() + $4::int8 * interval '1 millisecond'
WHERE t.holder IS NULL OR t.holder = $3::text OR t.until < clock_timestamp()
RETURNING t.term
