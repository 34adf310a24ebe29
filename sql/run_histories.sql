-- Of each queue in the table of runs: its newest run, its newest good one, and what the day before that one found.
-- A run that left the queue to another is none. A run that ends in the future, by a clock that was wrong, is none.
WITH RECURSIVE queues AS (
    (SELECT run.queue FROM {schema}.login_drain_runs AS run ORDER BY run.queue LIMIT 1)
    UNION ALL
    SELECT (
        SELECT run.queue FROM {schema}.login_drain_runs AS run
        WHERE run.queue > queues.queue
        ORDER BY run.queue
        LIMIT 1
    )
    FROM queues
    WHERE queues.queue IS NOT NULL
)
SELECT
    queues.queue,
    wanted.good,
    run.ended_at,
    extract(epoch FROM clock_timestamp() - run.ended_at)::int8 AS age,
    run.exit_code,
    run.stopped_because,
    run.received,
    run.inserted,
    run.duplicates,
    run.rogue_new + run.refused AS rejected,
    run.oldest_message_seconds,
    run.queue_visible,
    run.host,
    day.runs AS day_runs,
    day.received AS day_received,
    day.rejected AS day_rejected,
    day.oldest_message_seconds AS day_oldest
FROM queues
CROSS JOIN (VALUES (false), (true)) AS wanted (good)
LEFT JOIN LATERAL (
    SELECT *
    FROM {schema}.login_drain_runs AS run
    WHERE run.queue = queues.queue
        AND run.ended_at < clock_timestamp() + interval '5 minutes'
        AND CASE
            WHEN wanted.good THEN run.exit_code IN (0, 3, 4)
                AND run.stopped_because IN ('empty', 'max_messages', 'max_seconds')
            ELSE run.stopped_because <> 'another_run'
        END
    ORDER BY run.started_at DESC
    LIMIT 1
) AS run ON true
LEFT JOIN LATERAL (
    SELECT
        count(*) AS runs,
        coalesce(sum(earlier.received), 0)::int8 AS received,
        coalesce(sum(earlier.rogue_new + earlier.refused), 0)::int8 AS rejected,
        avg(earlier.oldest_message_seconds)::int8 AS oldest_message_seconds
    FROM {schema}.login_drain_runs AS earlier
    WHERE wanted.good AND earlier.queue = queues.queue AND earlier.stopped_because <> 'another_run'
        AND earlier.started_at >= run.started_at - interval '1 day' AND earlier.started_at < run.started_at
) AS day ON true
WHERE queues.queue IS NOT NULL
ORDER BY queues.queue, wanted.good;
