-- From here to the end of the transaction only the server's own functions and operators are found.
SET LOCAL search_path = pg_catalog, pg_temp;
