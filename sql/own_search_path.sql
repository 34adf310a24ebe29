-- The schemas that this role looks through by its own settings, not by what a pooler's other client left behind.
-- The transaction that asks has put search_path back before.
SELECT pg_catalog.current_schemas(false)::pg_catalog.text[] AS schemas,
    pg_catalog.current_setting('search_path') AS setting;
