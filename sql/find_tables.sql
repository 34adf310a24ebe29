-- Where user_logins is: in the first of the schemas $1 that holds one; a temporary table is none. $2 is the setting
-- that the schemas were made of.
SELECT
    (
        SELECT path.schema
        FROM unnest($1) WITH ORDINALITY AS path (schema, place)
        JOIN pg_namespace AS namespace ON namespace.nspname = path.schema
        JOIN pg_class AS class ON class.relnamespace = namespace.oid
        WHERE class.relname = 'user_logins' AND class.relkind IN ('r', 'p', 'v', 'f') AND class.relpersistence <> 't'
        ORDER BY path.place
        LIMIT 1
    ) AS schema,
    -- Where it would be made.
    (
        SELECT path.schema
        FROM unnest($1) WITH ORDINALITY AS path (schema, place)
        WHERE path.schema NOT LIKE 'pg\_temp%' AND path.schema <> 'pg_catalog'
        ORDER BY path.place
        LIMIT 1
    ) AS schema_for_new,
    -- One that the setting names, which this role may not enter.
    (
        SELECT min(namespace.nspname::text)
        FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE class.relname = 'user_logins' AND NOT has_schema_privilege(namespace.oid, 'USAGE')
            AND namespace.nspname IN (
                SELECT CASE trim(name) WHEN '"$user"' THEN current_user::text ELSE trim(name, ' "') END
                FROM unnest(string_to_array($2, ',')) AS name
            )
    ) AS forbidden_schema,
    -- What else bears the name, so that no table can.
    (
        SELECT other.kind
        FROM (
            SELECT relnamespace, CASE relkind
                WHEN 'm' THEN 'a materialized view' WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a type' ELSE 'an index'
            END
            FROM pg_class
            WHERE relname = 'user_logins' AND relkind NOT IN ('r', 'p', 'v', 'f')
            UNION ALL
            SELECT typnamespace, 'a type' FROM pg_type WHERE typname = 'user_logins' AND typrelid = 0
        ) AS other (namespace, kind)
        JOIN pg_namespace AS namespace ON namespace.oid = other.namespace
        WHERE namespace.nspname = ANY ($1)
        LIMIT 1
    ) AS taken_by,
    current_user::text AS role,
    getdatabaseencoding()::text AS encoding,
    -- Whether it makes a letter of its own of what JSON writes as \u00e9.
    getdatabaseencoding() = 'UTF8'
        OR getdatabaseencoding() <> 'SQL_ASCII' AND current_setting('server_version_num')::int4 >= 130000
        AS reads_escapes,
    EXISTS (
        SELECT FROM pg_language WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'USAGE')
    ) AS has_plpgsql;
