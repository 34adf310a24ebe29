-- Records the rejects of a batch ($3 to $6), and claims the messages of its logins ($1, $2): writes their ids
-- into the ledger and returns those that were not there yet, as 'claimed'. Only those may be inserted.
-- They are sorted by key and free of repeats, so that several drainers on one queue cannot deadlock.
-- Also returned: rejects that were not recorded before, as 'recorded', and logins that were recorded as a reject,
-- as 'refused' where the reason is one of $7, else as 'rogue'; looked for are those of $9 alone. Refused ones are not claimed unless $8 says so:
-- they would make the others' insert fail once more.
WITH earlier AS (
    SELECT login.message_id, reject.reason OPERATOR(pg_catalog.=) ANY ($7) AS refused
    FROM ROWS FROM (pg_catalog.unnest($9)) AS login (message_id)
    -- One look into the index for each message, however large the table is: left free, the planner may read it whole.
    CROSS JOIN LATERAL (
        SELECT reason FROM {schema}.login_drain_rejects
        WHERE message_id OPERATOR(pg_catalog.=) login.message_id
        LIMIT 1
    ) AS reject
),
recorded AS (
    INSERT INTO {schema}.login_drain_rejects (message_id, reason, detail, body)
    SELECT *
    FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6))
    ON CONFLICT DO NOTHING
    RETURNING message_id
),
claimed AS (
    INSERT INTO {schema}.login_drain_ledger (sent_at, message_id)
    SELECT sent_at, message_id
    FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS login (message_id, sent_at)
    WHERE $8 OR NOT EXISTS (
        SELECT FROM earlier WHERE refused AND earlier.message_id OPERATOR(pg_catalog.=) login.message_id)
    ORDER BY sent_at, message_id
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
SELECT 'claimed' AS fate, message_id FROM claimed
UNION ALL
SELECT 'recorded', message_id FROM recorded
UNION ALL
SELECT CASE WHEN refused THEN 'refused' ELSE 'rogue' END, message_id FROM earlier;
