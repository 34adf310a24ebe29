-- The rows that the statement before it could not insert, as it lists them.
SELECT (refused OPERATOR(pg_catalog.->>) 0)::pg_catalog.uuid AS message_id,
    refused OPERATOR(pg_catalog.->>) 1 AS state,
    refused OPERATOR(pg_catalog.->>) 2 AS its_table,
    refused OPERATOR(pg_catalog.->>) 3 AS its_column,
    refused OPERATOR(pg_catalog.->>) 4 AS its_constraint
FROM pg_catalog.json_array_elements(pg_catalog.current_setting('login_drain.refused')::pg_catalog.json) AS refused;
