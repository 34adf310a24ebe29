-- A user_logins that is partitioned by month, for tables too large to delete old rows from: a month goes with
-- `DROP TABLE user_logins_2026_01`, at once and without a trace for vacuum.
--
-- Before `login-drain init-db`, which leaves it as it is, and then once a month for the months ahead:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/operator/partition_user_logins.sql
--
-- From one table to this: stop the schedule; ALTER TABLE user_logins RENAME TO user_logins_before; run this, which makes
-- the same columns in the same order, and a partition for each month that is there;
--
--     INSERT INTO user_logins SELECT * FROM user_logins_before;
--
-- grant as before; start the schedule. The queue keeps the logins of the meantime.
BEGIN;
-- The schema of the tables by this connection's search_path; then only the server's own functions are found.
SELECT namespace.nspname AS schema,
    pg_catalog.to_regclass('user_logins_before') IS NOT NULL AS has_before,
    pg_catalog.set_config('login_drain.schema', namespace.nspname::pg_catalog.text, true)
FROM pg_catalog.pg_namespace AS namespace
LEFT JOIN pg_catalog.pg_class AS class
    ON class.oid OPERATOR(pg_catalog.=)
        coalesce(pg_catalog.to_regclass('user_logins'), pg_catalog.to_regclass('user_logins_before'))::pg_catalog.oid
WHERE namespace.oid OPERATOR(pg_catalog.=) coalesce(
    class.relnamespace,
    (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) pg_catalog.current_schema()))
\gset
SET LOCAL search_path = pg_catalog, pg_temp;

\if :has_before
CREATE TABLE IF NOT EXISTS :"schema".user_logins (LIKE :"schema".user_logins_before INCLUDING DEFAULTS)
    PARTITION BY RANGE (create_date);
\else
CREATE TABLE IF NOT EXISTS :"schema".user_logins (
    user_id          varchar(128),
    device_type      varchar(32),
    masked_ip        varchar(256),
    masked_device_id varchar(256),
    locale           varchar(32),
    app_version      integer,
    create_date      date
) PARTITION BY RANGE (create_date);
\endif

-- This month and the twelve after it, and those of the rows that are there.
DO $$
DECLARE
    schema constant text := current_setting('login_drain.schema');
    this_month constant date := date_trunc('month', now() AT TIME ZONE 'UTC');
    months date[] := ARRAY(SELECT (this_month + make_interval(months => ahead))::date FROM generate_series(0, 12) AS ahead);
    there date[];
    month date;
BEGIN
    IF to_regclass(format('%I.user_logins_before', schema)) IS NOT NULL THEN
        EXECUTE format(
            'SELECT ARRAY(SELECT DISTINCT date_trunc(''month'', create_date)::date FROM %I.user_logins_before
                 WHERE create_date IS NOT NULL)', schema) INTO there;
        months := months || there;
    END IF;
    FOREACH month IN ARRAY months LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %1$I.%2$I PARTITION OF %1$I.user_logins FOR VALUES FROM (%3$L) TO (%4$L)',
            schema, 'user_logins_' || to_char(month, 'YYYY_MM'), month, (month + interval '1 month')::date);
    END LOOP;
END
$$;

-- A month that nobody made a partition for must not stop the drain. Rows here keep their month's partition
-- from being made later, so watch that it stays empty.
CREATE TABLE IF NOT EXISTS :"schema".user_logins_other PARTITION OF :"schema".user_logins DEFAULT;

COMMIT;
