-- Which of these messages were stored before. Reads only: a dry run asks it.
SELECT message_id FROM {schema}.login_drain_ledger WHERE message_id OPERATOR(pg_catalog.=) ANY ($1);
