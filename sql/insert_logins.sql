-- One array for each column, one statement for any number of rows. $7 is the day of the run.
INSERT INTO {schema}.user_logins
    (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
SELECT fresh.*, $7
FROM ROWS FROM (
    pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),
    pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6)
) AS fresh;
