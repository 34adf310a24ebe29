-- How many days ago the oldest entry of the ledger was made; NULL where it has none.
SELECT extract(epoch FROM now() OPERATOR(pg_catalog.-) min(drained_at))::int8 / 86400 AS days
FROM {schema}.login_drain_ledger;
