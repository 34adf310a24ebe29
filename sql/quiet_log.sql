-- Keeps the rows that fail in this transaction out of the server's log, where this role may say so.
SELECT pg_catalog.set_config('log_min_messages', 'fatal', true)
FROM pg_catalog.pg_roles
WHERE rolname OPERATOR(pg_catalog.=) CURRENT_USER AND rolsuper;
