-- The statement after it, in the same transaction, may take so long. $1 ms.
SELECT set_config('statement_timeout', $1::text, true)
