-- A user_logins that is partitioned by month, for tables too large to delete old rows from: a month goes with
-- `DROP TABLE user_logins_2026_01`, at once and without a trace for vacuum.
--
-- Before `login-drain init-db`, which leaves it as it is, and then once a month for the months ahead:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/operator/partition_user_logins.sql
--
-- From one table to this: stop the schedule; ALTER TABLE user_logins RENAME TO user_logins_before; run this;
-- INSERT INTO user_logins SELECT * FROM user_logins_before; grant as before; start the schedule. The queue
-- keeps the logins of the meantime.
BEGIN;

CREATE TABLE IF NOT EXISTS user_logins (
    user_id          varchar(128),
    device_type      varchar(32),
    masked_ip        varchar(256),
    masked_device_id varchar(256),
    locale           varchar(32),
    app_version      integer,
    create_date      date
) PARTITION BY RANGE (create_date);

-- This month and the twelve after it.
DO $$
DECLARE
    month date;
BEGIN
    FOR ahead IN 0..12 LOOP
        month := date_trunc('month', (now() AT TIME ZONE 'UTC')) + make_interval(months => ahead);
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF user_logins FOR VALUES FROM (%L) TO (%L)',
            'user_logins_' || to_char(month, 'YYYY_MM'), month, (month + interval '1 month')::date);
    END LOOP;
END
$$;

-- A month that nobody made a partition for must not stop the drain. Rows here keep their month's partition
-- from being made later, so watch that it stays empty.
CREATE TABLE IF NOT EXISTS user_logins_other PARTITION OF user_logins DEFAULT;

COMMIT;
