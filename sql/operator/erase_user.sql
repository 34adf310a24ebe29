-- The erasure of one person: every login of one user_id, and the rejects that may be of the same person.
--
-- As the owner of the tables:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v user_id=424cdd21-063a-43a7-b91b-7ca1a833afae \
--          -f sql/operator/erase_user.sql
--
-- Rejects are kept with '#' in place of every digit, so one whose user_id looks the same may be somebody
-- else's: it is deleted all the same. Drain first: what still waits on the queue is stored later.
-- Backups, replicas with a delay and archived WAL are not reached from here. Stored statements are neither:
-- with log_statement = 'mod' or 'all' the server's own log would hold this user_id.
BEGIN;

WITH erased AS (
    DELETE FROM user_logins WHERE user_id = :'user_id' RETURNING 1
)
SELECT count(*) AS logins_erased FROM erased;

WITH erased AS (
    DELETE FROM login_drain_rejects
    WHERE strpos(body, '"user_id":' || to_json(translate(:'user_id', '0123456789', '##########'))::text) > 0
    RETURNING 1
)
SELECT count(*) AS rejects_erased FROM erased;

COMMIT;
