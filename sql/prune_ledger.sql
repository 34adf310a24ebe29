-- No queue keeps a message longer than 14 days, so an older ledger row can meet no redelivery.
-- One day more covers clocks that disagree. Bounded, so that a run never ends in a long delete.
DELETE FROM login_drain_ledger
WHERE message_id IN (
    SELECT message_id FROM login_drain_ledger
    WHERE sent_at < now() - interval '15 days'
    LIMIT 50000
);
