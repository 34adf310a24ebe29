-- What the server is, and what stands between it and a drain. Sizes in bytes; -1 rows where nobody has counted.
-- $1 is the schema of the tables, NULL where there are none.
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::int4 AS version_number,
    current_user::text AS role,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
    pg_is_in_recovery() AS is_standby,
    current_setting('transaction_read_only') = 'on' AS is_read_only,
    current_setting('log_min_error_statement') IN ('error', 'warning', 'notice', 'info', 'log')
        OR current_setting('log_min_error_statement') LIKE 'debug%' AS logs_failing_statements,
    coalesce(current_setting('log_parameter_max_length_on_error', true), '0') <> '0' AS logs_failing_parameters,
    pg_total_relation_size(ledger.oid) AS ledger_bytes,
    ledger.reltuples::int8 AS ledger_rows,
    coalesce(has_column_privilege(ledger.oid, 'drained_at', 'SELECT'), false) AS may_see_ledger_age
FROM (SELECT to_regclass(quote_ident($1) || '.login_drain_ledger') AS oid) AS named
LEFT JOIN pg_class AS ledger ON ledger.oid = named.oid;
