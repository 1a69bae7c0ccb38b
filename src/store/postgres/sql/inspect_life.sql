-- Is there a life that can be written in? Without one although there was one before: the server
-- crashed, failed over or was restored, and nobody came since. Needs the rights to read both.
SELECT 'incarnation-missing', 'the last one began at ' || max(at)::timestamptz(0)
FROM coolkit.incarnation_log
HAVING count(*) > 0 AND NOT EXISTS (SELECT FROM coolkit.era)
