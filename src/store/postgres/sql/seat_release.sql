-- Gives a tailer's seat back. $1 ring  $2 int4 seat  $3 holder.
UPDATE coolkit.tailer SET holder = NULL, until = least(until, clock_timestamp())
WHERE ring_id = $1::text AND seat = $2::int4 AND holder = $3::text
