-- The conditions of the partitions of user_logins in the schema $1, where it is partitioned by create_date alone and
-- has no default partition. Only where the server's own operators compare days: the conditions will be asked, and
-- nothing that another role made is to be called. One row without a condition says that it is so and that there is no partition.
SELECT pg_get_partition_constraintdef(inherits.inhrelid) AS bounds
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_partitioned_table AS partitioned ON partitioned.partrelid = class.oid
JOIN pg_opclass AS operators ON operators.oid = partitioned.partclass[0]
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'create_date'
LEFT JOIN pg_inherits AS inherits ON inherits.inhparent = class.oid
WHERE namespace.nspname = $1 AND class.relname = 'user_logins'
    AND partitioned.partdefid = 0 AND partitioned.partexprs IS NULL
    AND operators.opcnamespace = 'pg_catalog'::regnamespace
    AND partitioned.partnatts = 1 AND partitioned.partattrs[0] = attribute.attnum;
