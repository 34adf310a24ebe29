-- What may keep rows out of user_logins in the schema $1, or lose them: one row for each thing, with its kind, its
-- name, and the columns it is about. Partitions and child tables count as the table itself where it matters.
WITH RECURSIVE family AS (
    SELECT class.oid, class.relname, class.relpersistence, class.relkind, true AS is_root
    FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = $1 AND class.relname = 'user_logins' AND class.relkind IN ('r', 'p', 'v', 'f')
    UNION
    SELECT class.oid, class.relname, class.relpersistence, class.relkind, false
    FROM family
    JOIN pg_inherits AS inherits ON inherits.inhparent = family.oid
    JOIN pg_class AS class ON class.oid = inherits.inhrelid
),
-- Rows go into the table itself, or into its partitions.
target AS (
    SELECT family.* FROM family
    JOIN pg_class AS class ON class.oid = family.oid
    WHERE class.relispartition OR family.is_root
)
SELECT CASE WHEN index.indisunique THEN 'unique' ELSE 'exclusion' END AS kind,
    class.relname::text AS name,
    ARRAY(
        SELECT coalesce(attribute.attname::text, 'an expression')
        FROM unnest(index.indkey) WITH ORDINALITY AS key (attnum, place)
        LEFT JOIN pg_attribute AS attribute
            ON attribute.attrelid = index.indrelid AND attribute.attnum = key.attnum AND key.attnum > 0
        WHERE key.place <= index.indnkeyatts
        ORDER BY key.place
    ) AS columns,
    EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid AND contype IN ('p', 'u', 'x')) AS is_constraint
FROM target
JOIN pg_index AS index ON index.indrelid = target.oid
JOIN pg_class AS class ON class.oid = index.indexrelid
WHERE (index.indisunique OR index.indisexclusion)
    -- An index of a partition that belongs to one of the whole table is told once.
    AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = index.indexrelid)
UNION ALL
SELECT CASE contype WHEN 'f' THEN 'foreign key' ELSE 'check' END, conname::text, NULL, true
FROM target
JOIN pg_constraint ON conrelid = target.oid
WHERE contype IN ('f', 'c') AND coninhcount = 0 AND conparentid = 0
UNION ALL
SELECT DISTINCT 'trigger', tgname::text, NULL::text[], false
FROM target
JOIN pg_trigger ON tgrelid = target.oid
-- 4 stands for INSERT.
WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgtype::integer & 4 <> 0
UNION ALL
SELECT 'rule', rulename::text, NULL, false
FROM target
JOIN pg_rewrite ON ev_class = target.oid
-- 3 stands for INSERT.
WHERE is_root AND ev_type = '3' AND ev_enabled <> 'D'
UNION ALL
SELECT 'row security', relname::text, NULL, false FROM target
WHERE is_root AND relkind IN ('r', 'p') AND row_security_active(oid)
UNION ALL
SELECT 'unlogged', relname::text, NULL, false FROM family WHERE relpersistence = 'u'
UNION ALL
-- 8 stands for INSERT.
SELECT 'read-only view', relname::text, NULL, false FROM target
WHERE is_root AND relkind = 'v' AND pg_relation_is_updatable(oid, true) & 8 = 0;
