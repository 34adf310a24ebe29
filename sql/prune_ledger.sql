-- Deletes ledger rows that are older than $1 days. Bounded, so that a run never ends in a long delete.
DELETE FROM login_drain_ledger
WHERE message_id IN (
    SELECT message_id FROM login_drain_ledger
    WHERE sent_at < now() - make_interval(days => $1)
    LIMIT 50000
);
