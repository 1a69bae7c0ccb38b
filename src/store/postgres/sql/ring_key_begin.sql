-- Makes the first secret of the ring, unless there is one.
SELECT coolkit.begin_ring_key()
