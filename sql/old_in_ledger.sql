-- The key of the last of the next $4 ledger rows, after the key ($2, $3), whose messages are older than $1 days; none
-- where there are none. One look into the index finds the first.
SELECT sent_at, message_id
FROM (
    SELECT sent_at, message_id
    FROM {schema}.login_drain_ledger
    WHERE ROW(sent_at, message_id) OPERATOR(pg_catalog.>) ROW($2, $3)
        AND sent_at OPERATOR(pg_catalog.<)
            (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
    ORDER BY sent_at, message_id
    LIMIT $4
) AS old
ORDER BY sent_at DESC, message_id DESC
LIMIT 1;
