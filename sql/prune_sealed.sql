-- Deletes up to $2 values that were sealed more than $1 days ago.
DELETE FROM {schema}.login_drain_sealed
WHERE message_id OPERATOR(pg_catalog.=) ANY (ARRAY(
    SELECT message_id FROM {schema}.login_drain_sealed
    WHERE sealed_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $1))
    LIMIT $2
));
