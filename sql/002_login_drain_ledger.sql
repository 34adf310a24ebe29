-- One row for each message that was stored, written in the same transaction as its login.
-- It is what makes a message that is delivered twice one row. Rows that can meet no redelivery any more are
-- pruned by the drain.
CREATE TABLE IF NOT EXISTS login_drain_ledger (
    message_id uuid PRIMARY KEY,
    sent_at    timestamptz NOT NULL,
    drained_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- Rows arrive in the order of time, so a few kilobytes of summary find the old ones.
CREATE INDEX IF NOT EXISTS login_drain_ledger_sent_at ON login_drain_ledger USING brin (sent_at);
