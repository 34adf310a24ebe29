-- The row of one run. Its id is made by the server, in a way that servers of every age know.
INSERT INTO {schema}.login_drain_runs (
    run_id, queue, started_at, ended_at, exit_code, stopped_because, received, inserted, duplicates, rejected, rogue_new,
    refused, kept, delete_failures, oldest_message_seconds, queue_visible, host, version
) VALUES (
    pg_catalog.md5(pg_catalog.concat(pg_catalog.random(), pg_catalog.clock_timestamp(), pg_catalog.pg_backend_pid()))
        ::pg_catalog.uuid,
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
);
