-- One row for each time that somebody read sealed values: who and when by the server's own account, and how many
-- ids were asked for and values read. Nothing deletes these rows.
CREATE TABLE IF NOT EXISTS login_drain_unsealed (
    unsealed_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    by_role      text NOT NULL DEFAULT SESSION_USER,
    from_address inet DEFAULT pg_catalog.inet_client_addr(),
    ids_asked    bigint NOT NULL,
    values_read  bigint NOT NULL
);
