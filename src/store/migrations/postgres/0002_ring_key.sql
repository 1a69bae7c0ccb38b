-- compatible_from: 1
-- The secrets by which the pods of this database prove to each other that they belong together. The
-- server makes them, so that no statement, parameter or log line ever has one; the newest two are
-- good, so that a rotation needs no moment at which all pods change.
CREATE TABLE coolkit.ring_key (
  id      int         PRIMARY KEY CHECK (id > 0),       -- grows with every rotation
  -- 244 random bits of the server's strong generator
  secret  bytea       NOT NULL DEFAULT
    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  made_at timestamptz NOT NULL DEFAULT now(),
  CHECK (octet_length(secret) = 32)
);

-- Makes the first secret, unless there is one. All that a pod may do: it can neither choose
-- one nor rotate.
CREATE FUNCTION coolkit.begin_ring_key() RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO coolkit.ring_key (id) SELECT 1 WHERE NOT EXISTS (SELECT FROM coolkit.ring_key)
    ON CONFLICT (id) DO NOTHING
$$;

-- `coolkit migrate rotate-ring-key`: a new one; what is older than the one before it goes.
CREATE FUNCTION coolkit.rotate_ring_key() RETURNS int LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE newest int;
BEGIN
  LOCK TABLE coolkit.ring_key IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO coolkit.ring_key (id) SELECT coalesce(max(k.id), 0) + 1 FROM coolkit.ring_key k
    RETURNING id INTO newest;
  DELETE FROM coolkit.ring_key WHERE id < newest - 1;
  RETURN newest;
END $$;

REVOKE ALL ON FUNCTION coolkit.begin_ring_key(), coolkit.rotate_ring_key() FROM PUBLIC;
