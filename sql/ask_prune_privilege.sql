-- Whether this role may delete old rows of the ledger, of the table of runs and of sealed values, in the
-- schema $1. Asked first, because
-- a refused delete is an error in the server's log, and a role that may only drain would leave one there at the end of
-- every run.
SELECT class.relname::pg_catalog.text AS name
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid OPERATOR(pg_catalog.=) class.relnamespace
WHERE namespace.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
    AND class.relname OPERATOR(pg_catalog.=) ANY (ARRAY['login_drain_ledger', 'login_drain_runs', 'login_drain_sealed']::pg_catalog.name[])
    AND class.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
    AND pg_catalog.has_table_privilege(class.oid, 'DELETE')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS attribute
        WHERE attribute.attrelid OPERATOR(pg_catalog.=) class.oid
            AND attribute.attname OPERATOR(pg_catalog.=)
                ANY (ARRAY['message_id', 'sent_at', 'drained_at', 'started_at', 'sealed_at']::pg_catalog.name[])
            AND attribute.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
            AND NOT attribute.attisdropped
            AND NOT pg_catalog.has_column_privilege(class.oid, attribute.attnum, 'SELECT'));
