-- The columns of the tables $2 in the schema $1. A domain is told as the type it is made of, through any number of
-- domains. width is the number of characters a varchar holds, or of digits
-- that a numeric holds before the point; NULL where there is no limit.
SELECT
    class.relname::text                                    AS table_name,
    attribute.attname::text                                AS column_name,
    made_of.type_name,
    CASE
        WHEN made_of.modifier <= 4 THEN NULL
        WHEN made_of.type_name = 'numeric' THEN ((made_of.modifier - 4) >> 16) - ((made_of.modifier - 4) & 2047)
        ELSE made_of.modifier - 4
    END AS width,
    attribute.attnotnull OR made_of.required               AS required,
    attribute.atthasdef OR attribute.attidentity <> '' OR made_of.filled AS filled,
    attribute.attgenerated <> '' OR attribute.attidentity = 'a' AS generated,
    has_column_privilege(class.oid, attribute.attnum, 'INSERT') AS insertable,
    has_column_privilege(class.oid, attribute.attnum, 'SELECT') AS selectable
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
CROSS JOIN LATERAL (
    WITH RECURSIVE step AS (
        SELECT type.oid, type.typname, type.typtype, type.typbasetype, type.typtypmod,
            type.typtype = 'd' AND type.typnotnull AS required, type.typdefault IS NOT NULL AS filled
        FROM pg_type AS type
        WHERE type.oid = attribute.atttypid
        UNION ALL
        SELECT type.oid, type.typname, type.typtype, type.typbasetype, type.typtypmod,
            type.typtype = 'd' AND type.typnotnull, type.typdefault IS NOT NULL
        FROM step
        JOIN pg_type AS type ON type.oid = step.typbasetype
        WHERE step.typtype = 'd'
    )
    SELECT
        max(step.typname::text) FILTER (WHERE step.typtype <> 'd') AS type_name,
        greatest(attribute.atttypmod, max(step.typtypmod)) AS modifier,
        bool_or(step.required) AS required,
        bool_or(step.filled) AS filled
    FROM step
) AS made_of
WHERE namespace.nspname = $1 AND class.relname = ANY ($2) AND class.relkind IN ('r', 'p', 'v', 'f')
    AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY class.relname, attribute.attnum;
