-- The search for the logins of one address or one device, by its mask.
--
-- As a role that may read user_logins:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v mask=MASK -f sql/operator/find_by_mask.sql
--
-- MASK is what the program itself makes of the value, read from standard input so that it is no argument that
-- every user of the machine can see:
--
--     printf %s 199.172.111.135 | login-drain mask ip                              without a key
--     printf %s 199.172.111.135 | login-drain mask ip --mask-key-file mask.key     with one
--     printf %s 593-47-5928 | login-drain mask device_id
--
-- Rows that were stored under an earlier key, or without one, have another mask. All masks of a value, parted by blanks:
--
--     printf %s 199.172.111.135 | login-drain mask ip --all-keys --mask-key-file mask.key --former-mask-key-file old.key
BEGIN READ ONLY;
-- The schema of user_logins by this connection's search_path; then only the server's own functions are found.
SELECT namespace.nspname AS schema
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid OPERATOR(pg_catalog.=) class.relnamespace
WHERE class.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('user_logins')::pg_catalog.oid
\gset
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT
    user_id, device_type, locale, app_version, create_date,
    masked_ip = ANY (string_to_array(:'mask', ' '))        AS same_ip,
    masked_device_id = ANY (string_to_array(:'mask', ' ')) AS same_device
FROM :"schema".user_logins
WHERE masked_ip = ANY (string_to_array(:'mask', ' ')) OR masked_device_id = ANY (string_to_array(:'mask', ' '))
ORDER BY create_date, user_id;

COMMIT;
