-- Deletes rows of the users $1, and says how many of each. A condition behind it bounds how
-- many rows one transaction takes.
WITH erased AS (
    DELETE FROM {table} AS held WHERE user_id OPERATOR(pg_catalog.=) ANY ($1) {within} RETURNING user_id
)
SELECT user_id::pg_catalog.text AS user_id, pg_catalog.count(*) AS found FROM erased GROUP BY user_id;
