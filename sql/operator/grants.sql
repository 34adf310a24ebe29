-- The least that each role needs: login_drain to drain, login_drain_prune to keep the tables small, login_drain_erase
-- to erase users with `login-drain erase`, login_drain_unseal to read sealed values with `login-drain unseal`,
-- login_drain_status to ask with `login-drain status` whether drains work.
--
-- After `login-drain init-db`, as the owner of the tables, as often as you like:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/operator/grants.sql
--
-- Roles that are there already are not made, so that an owner who may make none can run it too. Then give each role its
-- way in: `\password login_drain`, a client certificate, or on RDS `GRANT rds_iam TO login_drain`.
-- The drain itself prunes where it may; with these grants prune.sql does.
BEGIN;
-- The schema of user_logins by this connection's search_path; then only the server's own functions are found.
SELECT namespace.nspname AS schema
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid OPERATOR(pg_catalog.=) class.relnamespace
WHERE class.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('user_logins')::pg_catalog.oid
\gset
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(
    ARRAY['login_drain', 'login_drain_prune', 'login_drain_erase', 'login_drain_unseal', 'login_drain_status']
) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
GRANT USAGE ON SCHEMA :"schema"
    TO login_drain, login_drain_prune, login_drain_erase, login_drain_unseal, login_drain_status;

GRANT INSERT (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
    ON :"schema".user_logins TO login_drain;
-- SELECT, because the claim of a message asks which ids were new, and a dry run which keys are there.
GRANT INSERT (message_id, sent_at), SELECT (message_id, sent_at) ON :"schema".login_drain_ledger TO login_drain;
-- A login that was refused is tried apart, and is no reject any more once it is stored.
GRANT INSERT (message_id, reason, detail, body), SELECT (message_id, reason), DELETE
    ON :"schema".login_drain_rejects TO login_drain;
-- Later runs go by what earlier ones found.
GRANT INSERT, SELECT ON :"schema".login_drain_runs TO login_drain;
-- For --seal-to. It cannot read a value back.
GRANT INSERT (message_id, user_id, sealed) ON :"schema".login_drain_sealed TO login_drain;

GRANT SELECT (message_id, sent_at, drained_at), DELETE ON :"schema".login_drain_ledger TO login_drain_prune;
GRANT SELECT (message_id, rejected_at), DELETE ON :"schema".login_drain_rejects TO login_drain_prune;
GRANT SELECT (message_id, sealed_at), DELETE ON :"schema".login_drain_sealed TO login_drain_prune;
GRANT SELECT (run_id, started_at), DELETE ON :"schema".login_drain_runs TO login_drain_prune;

-- It reads no row of a user, and none of a reject.
GRANT SELECT ON :"schema".login_drain_runs TO login_drain_status;

-- It finds rows by user_id, and reads nothing else of them.
GRANT SELECT (user_id, ctid, tableoid), DELETE ON :"schema".user_logins TO login_drain_erase;
GRANT SELECT (user_id, ctid, tableoid), DELETE ON :"schema".login_drain_sealed TO login_drain_erase;

-- Each time it reads, it must leave a row that the server itself dates and signs.
GRANT SELECT ON :"schema".login_drain_sealed TO login_drain_unseal;
GRANT INSERT (ids_asked, values_read) ON :"schema".login_drain_unsealed TO login_drain_unseal;

COMMIT;
