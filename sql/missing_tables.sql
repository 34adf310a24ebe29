-- Which of the tables $2 the schema $1 lacks.
SELECT wanted.name
FROM unnest($2) AS wanted (name)
WHERE NOT EXISTS (
    SELECT FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = $1 AND class.relname = wanted.name AND class.relkind IN ('r', 'p', 'v', 'f')
);
