-- COMMIT of a transaction that has failed answers without an error and stores nothing.
-- A statement before it turns that silence into an error.
SELECT 1;
COMMIT;
