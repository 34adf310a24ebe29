-- The least that each role needs: login_drain to drain, login_drain_prune to keep the tables small.
--
-- After `login-drain init-db`, as the owner of the tables, as often as you like:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/operator/grants.sql
--
-- Then give each role its way in: `\password login_drain`, a client certificate, or on RDS
-- `GRANT rds_iam TO login_drain`. The drain itself prunes where it may; with these grants prune.sql does.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['login_drain', 'login_drain_prune'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
    END LOOP;
END
$$;

GRANT INSERT (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
    ON user_logins TO login_drain;
-- SELECT of the id, because the claim of a message asks which ids were new.
GRANT INSERT (message_id, sent_at), SELECT (message_id) ON login_drain_ledger TO login_drain;
GRANT INSERT (message_id, reason, detail, body) ON login_drain_rejects TO login_drain;

GRANT SELECT (message_id, sent_at), DELETE ON login_drain_ledger TO login_drain_prune;
GRANT SELECT (message_id, rejected_at), DELETE ON login_drain_rejects TO login_drain_prune;
