-- Creates the roles that are missing; needs CREATEROLE. Idempotent.
DO $$ DECLARE r text; BEGIN
  FOREACH r IN ARRAY ARRAY['coolkit_owner', 'coolkit_service', 'coolkit_reader', 'coolkit_writer']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', r);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another one was faster
      END;
    END IF;
  END LOOP;
END $$;
