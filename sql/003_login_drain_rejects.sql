-- One row for each message that could not become a login, and why.
-- body holds no personal data: ip and device_id are masked, every other digit is a '#'.
CREATE TABLE IF NOT EXISTS login_drain_rejects (
    message_id  uuid PRIMARY KEY,
    reason      text NOT NULL,
    detail      text NOT NULL,
    body        text NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now()
);
