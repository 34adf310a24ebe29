-- Records the rejects of a batch, and claims the messages of its rows: writes their ids into the
-- ledger and returns those that were not there yet. Only the returned ones may be inserted.
-- Ids are sorted and free of repeats, so that several drainers on one queue cannot deadlock.
-- A reject that comes again (it was kept, or its deletion failed) is recorded once.
WITH recorded AS (
    INSERT INTO login_drain_rejects (message_id, reason, detail, body)
    SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[])
    ON CONFLICT DO NOTHING
)
INSERT INTO login_drain_ledger (message_id, sent_at)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING message_id;
