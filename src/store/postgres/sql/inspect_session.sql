-- After sql/session.sql, in a transaction of its own: which of its settings are gone?
SELECT 'session-settings', string_agg(name || ' = ' || current_setting(name), ', ')
FROM (VALUES ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'),
             ('enable_bitmapscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'),
             ('jit', 'off'), ('max_parallel_workers_per_gather', '0'), ('work_mem', '16MB'),
             ('default_transaction_isolation', 'read committed')) AS wanted (name, value)
WHERE current_setting(name) <> value
HAVING count(*) > 0
