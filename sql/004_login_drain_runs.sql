-- One row for each run of login-drain, failed ones too. Counts are of messages; rogue_new are those that were no
-- login and that no earlier run had recorded. Rows older than 400 days are deleted by later runs.
CREATE TABLE IF NOT EXISTS login_drain_runs (
    run_id                 uuid PRIMARY KEY,
    queue                  text NOT NULL,
    started_at             timestamptz NOT NULL,
    ended_at               timestamptz NOT NULL,
    exit_code              smallint NOT NULL,
    stopped_because        text NOT NULL,
    received               bigint NOT NULL,
    inserted               bigint NOT NULL,
    duplicates             bigint NOT NULL,
    rejected               bigint NOT NULL,
    rogue_new              bigint NOT NULL,
    refused                bigint NOT NULL,
    kept                   bigint NOT NULL,
    delete_failures        bigint NOT NULL,
    oldest_message_seconds bigint,
    queue_visible          bigint,
    host                   text NOT NULL,
    version                text NOT NULL
);

CREATE INDEX IF NOT EXISTS login_drain_runs_queue ON login_drain_runs (queue, started_at);
