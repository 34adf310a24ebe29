-- That this role asks for the sealed values of $1 ids, and reads $2. The server itself writes who and when.
INSERT INTO {schema}.login_drain_unsealed (ids_asked, values_read) VALUES ($1, $2);
