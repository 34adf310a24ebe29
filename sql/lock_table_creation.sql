-- Makes two runs of init-db wait for each other: else both would find a table missing and one would fail.
-- The number is "login-drain init-db" as a key, known to nobody else.
SELECT pg_catalog.pg_advisory_xact_lock(7303014982318731);
