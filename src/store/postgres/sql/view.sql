-- Publishes a view. $1 ring  $2 holder  $3 int8 epoch known  $4 bytea view. No row: somebody else
-- is ahead; read, do not write.
UPDATE coolkit.ring SET epoch = epoch + 1, view = $4::bytea, changed_at = clock_timestamp()
WHERE ring_id = $1::text AND holder = $2::text AND epoch = $3::int8 AND until > clock_timestamp()
RETURNING epoch
