-- The settings by which this server writes statements with their parameters into its log.
SELECT told.name
FROM (VALUES
    ('log_statement', current_setting('log_statement') IN ('mod', 'all')),
    ('log_min_duration_statement', current_setting('log_min_duration_statement') <> '-1'),
    ('log_min_duration_sample', coalesce(current_setting('log_min_duration_sample', true), '-1') <> '-1'),
    ('log_transaction_sample_rate', coalesce(current_setting('log_transaction_sample_rate', true), '0') <> '0')
) AS told (name, logs)
-- 0 keeps parameters out; servers before version 13 do not know the setting.
WHERE told.logs AND current_setting('log_parameter_max_length', true) IS DISTINCT FROM '0';
