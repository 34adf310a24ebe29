-- The size of the ledger, of the rejects and of the table of runs: deletes what nobody can need any more, in small
-- transactions.
--
-- As login_drain_prune or the owner, once a day; days is how long rejects are kept, seal_days how long sealed values
-- are (90 if not given):
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v days=90 -v seal_days=90 -f sql/operator/prune.sql
--
-- No queue keeps a message longer than 14 days, and one day more covers clocks that disagree: do not
-- shorten the 15 days, or a late redelivery is stored twice. Messages without a time of their own, those of FIFO
-- queues among them, are there as of 1970, and may come from a dead-letter queue after twice as long.
\set ledger_days 15
\set days_of_1970 29
\set runs_days 400
\if :{?days}
\else
    \set days 90
\endif
\if :{?seal_days}
\else
    \set seal_days 90
\endif
-- The schema of user_logins by this connection's search_path; then only the server's own functions are found.
SELECT namespace.nspname AS schema
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid OPERATOR(pg_catalog.=) class.relnamespace
WHERE class.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('user_logins')::pg_catalog.oid
\gset
SET search_path = pg_catalog, pg_temp;

-- The body of a DO statement takes no variable of psql, so they go there as settings.
SELECT set_config('login_drain.days', (:'days'::integer)::text, false) AS rejects_for_days,
    set_config('login_drain.seal_days', (:'seal_days'::integer)::text, false) AS sealed_for_days,
    set_config('login_drain.ledger_days', :'ledger_days', false) AS ledger_for_days,
    set_config('login_drain.days_of_1970', :'days_of_1970', false) AS ledger_of_1970_for_days,
    set_config('login_drain.runs_days', :'runs_days', false) AS runs_for_days,
    set_config('login_drain.schema', :'schema', false) AS in_schema;

-- In pieces: one delete of millions of rows would hold back vacuum and replicas.
DO $$
DECLARE
    most constant integer := 10000;
    schema constant text := current_setting('login_drain.schema');
    days constant integer := current_setting('login_drain.days');
    seal_days constant integer := current_setting('login_drain.seal_days');
    ledger constant text := format(
        'DELETE FROM %1$I.login_drain_ledger WHERE (sent_at, message_id) IN (
             SELECT sent_at, message_id FROM %1$I.login_drain_ledger
             WHERE sent_at > ''1970-01-01 00:00:00+00'' AND sent_at < $1 AND drained_at < $1
             ORDER BY sent_at, message_id LIMIT $2)', schema);
    ledger_of_1970 constant text := format(
        'DELETE FROM %1$I.login_drain_ledger WHERE sent_at = ''1970-01-01 00:00:00+00'' AND message_id = ANY (ARRAY(
             SELECT message_id FROM %1$I.login_drain_ledger
             WHERE sent_at = ''1970-01-01 00:00:00+00'' AND drained_at < $1
             ORDER BY drained_at LIMIT $2))', schema);
    rejects constant text := format(
        'DELETE FROM %1$I.login_drain_rejects WHERE message_id = ANY (ARRAY(
             SELECT message_id FROM %1$I.login_drain_rejects WHERE rejected_at < $1 LIMIT $2))', schema);
    sealed constant text := format(
        'DELETE FROM %1$I.login_drain_sealed WHERE message_id = ANY (ARRAY(
             SELECT message_id FROM %1$I.login_drain_sealed WHERE sealed_at < $1 LIMIT $2))', schema);
    runs constant text := format(
        'DELETE FROM %1$I.login_drain_runs WHERE run_id = ANY (ARRAY(
             SELECT run_id FROM %1$I.login_drain_runs WHERE started_at < $1 LIMIT $2))', schema);
    task record;
    found integer;
BEGIN
    IF days < 1 THEN
        RAISE EXCEPTION 'days must be 1 or more, not %: how long should rejects be kept?', days;
    END IF;
    IF seal_days < 1 THEN
        RAISE EXCEPTION 'seal_days must be 1 or more, not %: how long should sealed values be kept?', seal_days;
    END IF;
    FOR task IN
        SELECT * FROM unnest(
            ARRAY[ledger, ledger_of_1970, rejects, sealed, runs],
            ARRAY[current_setting('login_drain.ledger_days')::integer,
                current_setting('login_drain.days_of_1970')::integer, days, seal_days,
                current_setting('login_drain.runs_days')::integer]) AS task (statement, days_kept)
    LOOP
        LOOP
            EXECUTE task.statement USING now() - make_interval(days => task.days_kept), most;
            GET DIAGNOSTICS found = ROW_COUNT;
            COMMIT;
            EXIT WHEN found < most;
        END LOOP;
    END LOOP;
END
$$;
