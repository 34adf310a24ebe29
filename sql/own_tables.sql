-- Our own tables in the schema $1: whether they survive a crash, who owns them, their keys, and what this role may do.
SELECT
    class.relname::text AS name,
    class.relpersistence = 'u' AS unlogged,
    -- The owner can put a trigger there that runs with the rights of whoever drains.
    CASE
        WHEN owner.rolsuper OR owner.oid = logins.relowner OR owner.rolname = current_user THEN NULL
        -- A superuser counts as a member of every role.
        WHEN NOT me.rolsuper AND pg_has_role(owner.oid, 'MEMBER') THEN NULL
        ELSE owner.rolname::text
    END AS strange_owner,
    has_table_privilege(class.oid, 'DELETE') AS deletable,
    has_any_column_privilege(class.oid, 'INSERT') AND has_any_column_privilege(class.oid, 'SELECT') AS recordable,
    key.conname::text AS key_name,
    ARRAY(
        SELECT attribute.attname::text
        FROM unnest(key.conkey) WITH ORDINALITY AS place (attnum, number)
        JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = place.attnum
        ORDER BY place.number
    ) AS key_columns
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_roles AS owner ON owner.oid = class.relowner
JOIN pg_roles AS me ON me.rolname = current_user
LEFT JOIN pg_constraint AS key ON key.conrelid = class.oid AND key.contype = 'p'
LEFT JOIN pg_class AS logins ON logins.relnamespace = class.relnamespace AND logins.relname = 'user_logins'
WHERE namespace.nspname = $1 AND class.relkind IN ('r', 'p')
    AND class.relname IN ('login_drain_ledger', 'login_drain_rejects', 'login_drain_runs', 'login_drain_sealed');
