-- The size of the ledger and of the rejects: deletes what nobody can need any more, in small transactions.
--
-- As login_drain_prune or the owner, once a day; days is how long rejects are kept (90 if not given):
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v days=90 -f sql/operator/prune.sql
--
-- No queue keeps a message longer than 14 days, and one day more covers clocks that disagree: do not
-- shorten the 15 days, or a late redelivery is stored twice.
\if :{?days}
\else
    \set days 90
\endif
-- The body of a DO statement takes no variable of psql, so it goes there as a setting.
SELECT set_config('login_drain.days', (:'days'::integer)::text, false) AS keeping_rejects_for_days;

-- In pieces: one delete of millions of rows would hold back vacuum and replicas.
DO $$
DECLARE
    most constant integer := 10000;
    found integer;
BEGIN
    LOOP
        DELETE FROM login_drain_ledger WHERE message_id IN (
            SELECT message_id FROM login_drain_ledger
            WHERE sent_at < now() - interval '15 days' LIMIT most);
        GET DIAGNOSTICS found = ROW_COUNT;
        COMMIT;
        EXIT WHEN found < most;
    END LOOP;
    LOOP
        DELETE FROM login_drain_rejects WHERE message_id IN (
            SELECT message_id FROM login_drain_rejects
            WHERE rejected_at < now() - make_interval(days => current_setting('login_drain.days')::integer)
            LIMIT most);
        GET DIAGNOSTICS found = ROW_COUNT;
        COMMIT;
        EXIT WHEN found < most;
    END LOOP;
END
$$;
