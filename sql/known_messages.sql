-- Which of these messages ($1, with their times $2) were stored before. Reads only: a dry run asks it.
SELECT message.message_id
FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS message (message_id, sent_at)
CROSS JOIN LATERAL (
    SELECT FROM {schema}.login_drain_ledger AS ledger
    WHERE ledger.sent_at OPERATOR(pg_catalog.=) message.sent_at
        AND ledger.message_id OPERATOR(pg_catalog.=) message.message_id
    LIMIT 1
) AS known;
