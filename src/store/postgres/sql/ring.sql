-- The row of a ring, all NULL if there is none, and the live members of the other rings. $1 ring
-- $2 int8 epoch: the view only if it is newer. A ring whose lease nobody has taken for a minute has
-- no live members.
SELECT r.epoch, CASE WHEN r.epoch > $2::int8 THEN r.view END, r.members,
  CASE WHEN r.until >= clock_timestamp() THEN r.holder END,
  (SELECT sum(o.members) FROM coolkit.ring o
   WHERE o.ring_id <> $1::text AND o.until > clock_timestamp() - interval '1 minute')
FROM (SELECT $1::text AS id) asked LEFT JOIN coolkit.ring r ON r.ring_id = asked.id
