-- First on every connection: what durability and the plans hang on. $1 statement_timeout
-- $2 lock_timeout  $3 idle_in_transaction_session_timeout  $4 bool: for this transaction only
-- (behind a pooler). A stronger synchronous_commit than "on" stays. Parallel plans, which the other
-- settings would make look cheap, give the branches of a UNION ALL in any order.
SELECT set_config('plan_cache_mode', 'force_generic_plan', $4::bool),
       set_config('enable_seqscan', 'off', $4::bool),
       set_config('enable_bitmapscan', 'off', $4::bool),
       set_config('enable_hashjoin', 'off', $4::bool),
       set_config('enable_mergejoin', 'off', $4::bool),
       set_config('jit', 'off', $4::bool),
       set_config('max_parallel_workers_per_gather', '0', $4::bool),
       set_config('work_mem', '16MB', $4::bool),
       set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN
         ('on', 'remote_apply') THEN current_setting('synchronous_commit') ELSE 'on' END, $4::bool),
       set_config('default_transaction_isolation', 'read committed', $4::bool),
       set_config('statement_timeout', $1::text, $4::bool),
       set_config('lock_timeout', $2::text, $4::bool),
       set_config('idle_in_transaction_session_timeout', $3::text, $4::bool),
       -- The connections of a machine that died without a word are gone after 6 s: the other pods
       -- take its part of the budget. A pooler's connections are the pooler's.
       CASE WHEN NOT $4::bool THEN set_config('tcp_keepalives_idle', '3', false) END,
       CASE WHEN NOT $4::bool THEN set_config('tcp_keepalives_interval', '1', false) END,
       CASE WHEN NOT $4::bool THEN set_config('tcp_keepalives_count', '3', false) END,
       CASE WHEN NOT $4::bool THEN set_config('tcp_user_timeout', '10s', false) END
