-- Takes or keeps the ring's lease. $1 ring  $2 holder  $3 int8 ms  $4 int4 live members. One row:
-- it is held. clock_timestamp(): a wait for the row's lock counts.
INSERT INTO coolkit.ring AS r (ring_id, epoch, holder, until, members)
VALUES ($1::text, 1, $2::text, clock_timestamp() + $3::int8 * interval '1 millisecond', $4::int4)
ON CONFLICT (ring_id) DO UPDATE SET
  epoch = r.epoch + CASE WHEN r.holder IS DISTINCT FROM $2::text THEN 1 ELSE 0 END,
  holder = $2::text, until = clock_timestamp() + $3::int8 * interval '1 millisecond',
  members = $4::int4
WHERE r.holder IS NULL OR r.holder = $2::text OR r.until < clock_timestamp()
RETURNING r.epoch, (SELECT sum(o.members) FROM coolkit.ring o
  WHERE o.ring_id <> $1::text AND o.until > clock_timestamp() - interval '1 minute')
