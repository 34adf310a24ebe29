-- The sealed values of some users ($1) and of some messages ($2), in the order in which they were sealed.
SELECT message_id, user_id::pg_catalog.text AS user_id, sealed, sealed_at
FROM {schema}.login_drain_sealed
WHERE user_id OPERATOR(pg_catalog.=) ANY ($1) OR message_id OPERATOR(pg_catalog.=) ANY ($2)
ORDER BY sealed_at, message_id;
