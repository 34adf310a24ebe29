-- What the newest runs on the queue $1 found, newest first: logins, messages that were none and new, and whether the
-- run failed for good. Each row stands for a message at least, so $2 rows are enough for that many messages.
SELECT inserted, rogue_new, exit_code OPERATOR(pg_catalog.=) 1::pg_catalog.int2 AS failed
FROM {schema}.login_drain_runs
WHERE queue OPERATOR(pg_catalog.=) $1 AND (inserted OPERATOR(pg_catalog.>) 0 OR rogue_new OPERATOR(pg_catalog.>) 0)
ORDER BY started_at DESC
LIMIT $2;
