-- One row for each message that could not become a login, or that user_logins refused, and why.
-- body describes the message's body and holds nothing of it: which keys are there, and the kind and length of values.
CREATE TABLE IF NOT EXISTS login_drain_rejects (
    message_id  uuid PRIMARY KEY,
    reason      text NOT NULL,
    detail      text NOT NULL,
    body        text NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
