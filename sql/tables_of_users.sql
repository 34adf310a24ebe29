-- How each of the tables $2 in the schema $1 can be searched for a user_id: with all its partitions and child tables,
-- which a statement on the table itself reaches too.
WITH RECURSIVE family AS (
    SELECT class.oid AS root, class.oid, class.relkind
    FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = $1 AND class.relname = ANY ($2) AND class.relkind IN ('r', 'p', 'v', 'f')
    UNION
    SELECT family.root, class.oid, class.relkind
    FROM family
    JOIN pg_inherits AS inherits ON inherits.inhparent = family.oid
    JOIN pg_class AS class ON class.oid = inherits.inhrelid
)
SELECT
    root.relname::text AS name,
    root.relkind = 'p' AS partitioned,
    -- Pages of a table are read in ranges since version 14; a view or a foreign table has none.
    bool_and(family.relkind IN ('r', 'p')) AND current_setting('server_version_num')::integer >= 140000 AS has_pages,
    bool_and(family.relkind = 'p' OR EXISTS (
        SELECT FROM pg_index AS index
        JOIN pg_class AS index_class ON index_class.oid = index.indexrelid
        JOIN pg_am AS method ON method.oid = index_class.relam
        JOIN pg_attribute AS attribute ON attribute.attrelid = index.indrelid AND attribute.attname = 'user_id'
        JOIN pg_opclass AS opclass ON opclass.oid = index.indclass[0]
        WHERE index.indrelid = family.oid AND index.indkey[0] = attribute.attnum
            AND index.indisvalid AND index.indpred IS NULL AND index.indcollation[0] = attribute.attcollation
            AND method.amname IN ('btree', 'hash') AND opclass.opcintype IN ('text'::regtype, 'varchar'::regtype)
    )) AS indexed,
    count(*) AS parts,
    coalesce(max(pg_relation_size(family.oid)) / current_setting('block_size')::bigint, 0)::bigint AS pages,
    row_security_active(root.oid) AS row_security
FROM family
JOIN pg_class AS root ON root.oid = family.root
GROUP BY root.oid, root.relname, root.relkind
-- user_logins first, as the last of these names.
ORDER BY root.relname DESC;
