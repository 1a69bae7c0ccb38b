-- The secrets that are good: the newest two, newest first.
SELECT id, secret FROM coolkit.ring_key ORDER BY id DESC LIMIT 2
