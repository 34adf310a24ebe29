-- The erasure of one person: every login of one user_id.
--
-- As the owner of the tables:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v user_id=424cdd21-063a-43a7-b91b-7ca1a833afae \
--          -f sql/operator/erase_user.sql
--
-- Nothing else that login-drain keeps names a user: rejects only tell the kinds of values. Drain first: what still waits
-- on the queue is stored later. Backups, replicas with a delay and archived WAL are not reached from here. Stored
-- statements are neither: with log_statement = 'mod' or 'all' the server's own log would hold this user_id.
-- Where user_logins is published without a replica identity the server refuses (55000): first
-- ALTER TABLE user_logins REPLICA IDENTITY FULL.
BEGIN;
-- The schema of user_logins by this connection's search_path; then only the server's own functions are found.
SELECT namespace.nspname AS schema
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid OPERATOR(pg_catalog.=) class.relnamespace
WHERE class.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('user_logins')::pg_catalog.oid
\gset
SET LOCAL search_path = pg_catalog, pg_temp;

WITH erased AS (
    DELETE FROM :"schema".user_logins WHERE user_id = :'user_id' RETURNING 1
)
SELECT count(*) AS logins_erased FROM erased;

COMMIT;
