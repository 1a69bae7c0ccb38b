-- What decides how the schema is migrated: are all four roles there; may the user make roles; is
-- the user a member of the owner's role, or can become one; may that role create a schema here, or
-- be let; does the schema belong to somebody else; may the user change the schema at all.
SELECT (SELECT count(*) = 4 FROM pg_roles WHERE rolname IN
         ('coolkit_owner', 'coolkit_service', 'coolkit_reader', 'coolkit_writer')),
       u.rolsuper OR u.rolcreaterole,
       CASE WHEN o.oid IS NULL THEN u.rolsuper OR u.rolcreaterole
            ELSE u.rolsuper OR u.rolcreaterole OR pg_has_role(o.oid, 'MEMBER') END,
       u.rolsuper OR pg_has_role(d.datdba, 'MEMBER')
         OR (o.oid IS NOT NULL AND has_database_privilege(o.oid, d.oid, 'CREATE')),
       n.oid IS NOT NULL AND n.nspowner IS DISTINCT FROM o.oid,
       n.oid IS NULL OR u.rolsuper OR u.rolcreaterole OR pg_has_role(n.nspowner, 'MEMBER')
FROM pg_roles u
JOIN pg_database d ON d.datname = current_database()
LEFT JOIN pg_roles o ON o.rolname = 'coolkit_owner'
LEFT JOIN pg_namespace n ON n.nspname = 'coolkit'
WHERE u.rolname = current_user
