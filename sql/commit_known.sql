-- The COMMIT of a batch in which something was known already. An earlier COMMIT may have been given up while it waited
-- for a synchronous standby, and a transaction that writes nothing would not wait: so this one writes a word
-- into the WAL, and waits for all that stands before it. In a transaction that has failed it is an error, as in
-- commit_batch.sql.
SELECT pg_catalog.pg_logical_emit_message(true, 'login-drain', '');
COMMIT;
