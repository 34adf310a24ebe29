-- Gives the rows ($2, a JSON array) and their messages' ids ($1) to the next statement, which can take no parameters,
-- and with them whether triggers or rules may store a row elsewhere ($3).
SELECT pg_catalog.set_config('login_drain.ids', $1::pg_catalog.text, true),
    pg_catalog.set_config('login_drain.logins', $2, true),
    pg_catalog.set_config('login_drain.routed', $3::pg_catalog.text, true);
