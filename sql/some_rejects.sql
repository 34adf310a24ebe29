-- Messages that are recorded as rejects, $1 of them at the most.
SELECT message_id FROM {schema}.login_drain_rejects LIMIT $1;
