-- Deletes ledger rows after the key ($2, $3), up to and with the key ($4, $5), whose message and whose drain are both
-- older than $1 days: the message's own time alone may be wrong.
DELETE FROM {schema}.login_drain_ledger
WHERE ROW(sent_at, message_id) OPERATOR(pg_catalog.>) ROW($2, $3)
    AND ROW(sent_at, message_id) OPERATOR(pg_catalog.<=) ROW($4, $5)
    AND sent_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
    AND drained_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1));
