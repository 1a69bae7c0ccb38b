-- Makes the user a member of coolkit_owner, and lets that role create the schema; each as far as
-- the user may. Idempotent.
DO $$ BEGIN
  IF NOT pg_has_role('coolkit_owner', 'MEMBER') THEN
    EXECUTE 'GRANT coolkit_owner TO CURRENT_USER';
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
  IF NOT has_database_privilege('coolkit_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO coolkit_owner', current_database());
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
