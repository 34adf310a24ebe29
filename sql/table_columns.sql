-- The columns of the three tables as this connection finds them, by its own search_path.
-- width is the number of characters a varchar holds, -1 where there is no limit.
-- blocking says that an insert which does not name the column would fail.
SELECT
    wanted.name,
    attribute.attname::text                                                 AS column_name,
    -- A domain is stored as the type it is made of.
    COALESCE(base.typname, type.typname)::text                              AS type_name,
    CASE
        WHEN GREATEST(attribute.atttypmod, type.typtypmod) > 4
        THEN GREATEST(attribute.atttypmod, type.typtypmod) - 4
        ELSE -1
    END                                                                     AS width,
    attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = '' AS blocking,
    has_column_privilege(class.oid, attribute.attnum, 'INSERT')             AS insertable,
    class.relpersistence = 'u'                                              AS unlogged
FROM unnest(ARRAY['user_logins', 'login_drain_ledger', 'login_drain_rejects']) AS wanted (name)
LEFT JOIN pg_class AS class ON class.oid = to_regclass(wanted.name)
LEFT JOIN pg_attribute AS attribute
    ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
LEFT JOIN pg_type AS type ON type.oid = attribute.atttypid
LEFT JOIN pg_type AS base ON type.typtype = 'd' AND base.oid = type.typbasetype
ORDER BY wanted.name, attribute.attnum;
