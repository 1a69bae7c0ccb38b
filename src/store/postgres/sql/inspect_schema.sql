-- Faults of the schema's objects: id and what was seen, one row each. Looks at catalogs only, which
-- needs no rights.
WITH tables AS (
  SELECT c.oid, c.relname, c.relpersistence, c.relrowsecurity
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'coolkit'
), triggers AS (
  SELECT e.name, t.tgenabled, t.oid
  FROM unnest(ARRAY['guard_insert', 'guard_update', 'feed_insert', 'feed_update', 'feed_delete',
                    'feed_truncate']) AS e (name)
  LEFT JOIN pg_trigger t ON t.tgname = e.name AND NOT t.tgisinternal
    AND t.tgrelid = (SELECT oid FROM tables WHERE relname = 'entry')
), indexes AS (
  SELECT e.name, i.indisvalid AND i.indisready AS good
  FROM unnest(ARRAY['entry_pkey', 'entry_expiry', 'change_xid']) AS e (name)
  LEFT JOIN (pg_index i JOIN tables c ON c.oid = i.indexrelid) ON c.relname = e.name
)
SELECT id, seen FROM (
  SELECT 'trigger-missing' AS id, string_agg(name, ', ' ORDER BY name) AS seen
  FROM triggers WHERE oid IS NULL
  UNION ALL
  SELECT 'trigger-disabled', string_agg(name || CASE tgenabled WHEN 'D' THEN ' (off)'
    WHEN 'O' THEN ' (not ALWAYS)' ELSE ' (REPLICA)' END, ', ' ORDER BY name)
  FROM triggers WHERE tgenabled <> 'A'
  UNION ALL
  SELECT 'index-missing', string_agg(name, ', ' ORDER BY name) FROM indexes WHERE good IS NOT TRUE
  UNION ALL
  SELECT 'row-security', string_agg(relname, ', ' ORDER BY relname)
  FROM tables WHERE relrowsecurity
  UNION ALL
  SELECT 'table-unlogged', string_agg(relname, ', ' ORDER BY relname) FROM tables
  WHERE relpersistence = 'u' AND relname IN ('entry', 'change', 'feed_floor', 'incarnation_log',
                                             'migration')
  UNION ALL
  SELECT 'incarnation-logged', max(relname) FROM tables
  WHERE relname = 'incarnation' AND relpersistence = 'p'
  UNION ALL
  SELECT 'subscription', string_agg(DISTINCT s.subname, ', ')
  FROM pg_subscription_rel r JOIN tables c ON c.oid = r.srrelid
  JOIN pg_subscription s ON s.oid = r.srsubid
) AS faults WHERE seen IS NOT NULL
