-- Deletes up to $2 ledger rows of messages without a time of their own that were stored more than $1 days ago.
DELETE FROM {schema}.login_drain_ledger
WHERE sent_at OPERATOR(pg_catalog.=) '1970-01-01 00:00:00+00'
    AND message_id OPERATOR(pg_catalog.=) ANY (ARRAY(
        SELECT message_id FROM {schema}.login_drain_ledger
        WHERE sent_at OPERATOR(pg_catalog.=) '1970-01-01 00:00:00+00'
            AND drained_at OPERATOR(pg_catalog.<)
                (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
        ORDER BY drained_at
        LIMIT $2
    ));
