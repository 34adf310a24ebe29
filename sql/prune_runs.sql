-- Deletes the rows of runs that started more than $1 days ago.
DELETE FROM {schema}.login_drain_runs
WHERE started_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1));
