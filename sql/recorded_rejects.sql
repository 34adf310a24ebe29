-- Which of these messages are recorded as rejects. Reads only: a dry run asks it.
SELECT message_id FROM {schema}.login_drain_rejects WHERE message_id OPERATOR(pg_catalog.=) ANY ($1);
