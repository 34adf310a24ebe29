-- One row for each message that was stored, written in the same transaction as its login.
-- It is what makes a message that is delivered twice one row. Rows that can meet no redelivery any more are
-- pruned by the drain.
-- A message's own time comes first in the key: new rows go to the right edge of the index, however many there are,
-- and old ones leave at the left. Messages without a time that is the same at every delivery are there as of 1970.
CREATE TABLE IF NOT EXISTS login_drain_ledger (
    sent_at    timestamptz NOT NULL,
    message_id uuid NOT NULL,
    drained_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (sent_at, message_id)
)
-- Pruned rows lie at the left edge, where each run looks for old ones, until they are vacuumed: at the server's own
-- fifth of a large table these would be millions.
WITH (autovacuum_vacuum_scale_factor = 0.02);

-- Those of 1970 are pruned by the time they were stored.
CREATE INDEX IF NOT EXISTS login_drain_ledger_of_1970 ON login_drain_ledger (drained_at)
    WHERE sent_at = '1970-01-01 00:00:00+00';
