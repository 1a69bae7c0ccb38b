-- What the user lacks of the rights that serving needs (store/migrations/postgres/grants.sql): one
-- row if anything.
WITH needed (name, rights) AS (VALUES
  ('entry', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']), ('change', ARRAY['SELECT', 'DELETE']),
  ('feed_floor', ARRAY['SELECT', 'UPDATE']), ('migration', ARRAY['SELECT']),
  ('kv', ARRAY['SELECT']), ('era', ARRAY['SELECT']), ('incarnation_log', ARRAY['SELECT']),
  ('ring', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
  ('tailer', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']), ('ring_key', ARRAY['SELECT'])
), lacking AS (
  SELECT 'USAGE of the schema' AS what, 0 AS place FROM pg_namespace n
  WHERE n.nspname = 'coolkit' AND NOT has_schema_privilege(n.oid, 'USAGE')
  UNION ALL
  SELECT r || ' of ' || w.name, 1 FROM needed w CROSS JOIN unnest(w.rights) r
  JOIN pg_class c ON c.relname = w.name JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'coolkit' AND NOT has_table_privilege(c.oid, r)
  UNION ALL
  SELECT 'EXECUTE of ' || p.proname, 2 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'coolkit'
    AND p.proname IN ('begin_incarnation', 'version_for', 'feed_bulk', 'begin_ring_key')
    AND NOT has_function_privilege(p.oid, 'EXECUTE')
)
SELECT 'rights', current_user || ' lacks ' || string_agg(what, ', ' ORDER BY place, what)
FROM lacking HAVING count(*) > 0
