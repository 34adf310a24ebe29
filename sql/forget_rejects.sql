-- Messages that are stored at last are no rejects any more.
DELETE FROM {schema}.login_drain_rejects WHERE message_id OPERATOR(pg_catalog.=) ANY ($1);
