-- The sealed values of logins that this transaction inserts. A message that came again after its ledger row was
-- pruned may be sealed already.
INSERT INTO {schema}.login_drain_sealed (message_id, user_id, sealed)
SELECT *
FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3))
ON CONFLICT DO NOTHING;
