-- Deletes ledger rows whose message and whose drain are both older than $1 days: the message's own time alone may
-- be wrong. Bounded, so that a run never ends in a long delete.
DELETE FROM {schema}.login_drain_ledger
WHERE message_id OPERATOR(pg_catalog.=) ANY (ARRAY(
    SELECT message_id FROM {schema}.login_drain_ledger
    WHERE sent_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
        AND drained_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
    LIMIT 50000
));
