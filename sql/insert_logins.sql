-- One array for each column, one statement for any number of rows. $7 is the day of the run.
INSERT INTO user_logins
    (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
SELECT fresh.*, $7::date
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[]) AS fresh;
