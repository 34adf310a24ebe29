-- One array for each column, one statement for any number of rows. $6 holds numbers or texts, as the column does.
INSERT INTO {schema}.user_logins
    (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
SELECT fresh.*
FROM ROWS FROM (
    pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),
    pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),
    pg_catalog.unnest($7)
) AS fresh;
