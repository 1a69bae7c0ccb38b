-- Gives the ring's lease back. $1 ring  $2 holder. `until` stays the time up to which the ring was
-- known to live: its members count for a minute after that.
UPDATE coolkit.ring SET holder = NULL, until = least(until, clock_timestamp())
WHERE ring_id = $1::text AND holder = $2::text
