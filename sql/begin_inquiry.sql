-- Opens a transaction that asks about the tables, with this role's own search_path, whatever a pooler's other
-- client left behind.
BEGIN;
SET LOCAL search_path TO DEFAULT;
