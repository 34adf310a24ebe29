-- The raw ip and device_id of each login that was stored with --seal-to, encrypted to a public key whose private key
-- is not here. Written in the transaction of the login. Rows older than --seal-days are deleted by later runs.
CREATE TABLE IF NOT EXISTS login_drain_sealed (
    message_id uuid PRIMARY KEY,
    user_id    varchar(128) NOT NULL,
    sealed     bytea NOT NULL,
    sealed_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS login_drain_sealed_user_id ON login_drain_sealed (user_id);

-- Rows arrive in the order of time, so a few kilobytes of summary find the old ones.
CREATE INDEX IF NOT EXISTS login_drain_sealed_sealed_at ON login_drain_sealed USING brin (sealed_at);
