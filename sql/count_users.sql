-- How many rows of each of the users $1 there are. A condition behind it bounds how much of the table
-- one statement reads.
SELECT user_id::pg_catalog.text AS user_id, pg_catalog.count(*) AS found
FROM {table} AS held
WHERE user_id OPERATOR(pg_catalog.=) ANY ($1) {within}
GROUP BY user_id;
