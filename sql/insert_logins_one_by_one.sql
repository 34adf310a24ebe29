-- Inserts the rows that the statement before it has given: all at once, and where that fails one by one, so that
-- each row's fate is known. What fails in here is caught in here, so that it leaves no line with a row's values in
-- the server's log. Afterwards login_drain.refused lists the rows that were refused, each with its id,
-- SQLSTATE ('' where the server said that it stored none), and the table, column and constraint that the error
-- names. Where the list is not empty, the transaction is to be rolled back.
-- A fault that is no row's ends the statement: of the connection or the server, a deadlock, a missing column.
DO $one_by_one$
DECLARE
    ids constant pg_catalog.uuid[] := pg_catalog.current_setting('login_drain.ids');
    logins constant pg_catalog.json := pg_catalog.current_setting('login_drain.logins');
    routed constant pg_catalog.bool := pg_catalog.current_setting('login_drain.routed');
    refused pg_catalog.json[] := ARRAY[]::pg_catalog.json[];
    place pg_catalog.int8;
    login pg_catalog.json;
    stored pg_catalog.int8;
    state pg_catalog.text;
    its_table pg_catalog.text;
    its_column pg_catalog.text;
    its_constraint pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('login_drain.refused', '[]', true);
    -- Plans and asks for the rights, and fires no trigger.
    EXECUTE $plan$
        EXPLAIN INSERT INTO {schema}.user_logins
            (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
        SELECT ''::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text,
            ''::pg_catalog.text, NULL::{version}, '2000-01-01'::pg_catalog.date
    $plan$;
    -- What is checked at COMMIT must show itself here: what stands before the rows is no row's fault.
    SET CONSTRAINTS ALL IMMEDIATE;
    BEGIN
        INSERT INTO {schema}.user_logins
            (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
        SELECT row.*
        FROM pg_catalog.json_to_recordset(logins) AS row (
            user_id pg_catalog.text, device_type pg_catalog.text, masked_ip pg_catalog.text,
            masked_device_id pg_catalog.text, locale pg_catalog.text, app_version {version},
            create_date pg_catalog.date);
        GET DIAGNOSTICS stored = ROW_COUNT;
        -- A trigger may have put it off.
        SET CONSTRAINTS ALL IMMEDIATE;
        IF routed OR stored OPERATOR(pg_catalog.=) pg_catalog.json_array_length(logins) THEN
            RETURN;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'data_exception';
    EXCEPTION
        WHEN connection_exception OR transaction_rollback OR invalid_transaction_state OR insufficient_resources
            OR lock_not_available OR operator_intervention OR system_error OR internal_error THEN
            RAISE;
        WHEN OTHERS OR assert_failure THEN
            NULL;
    END;
    FOR login, place IN SELECT * FROM ROWS FROM (pg_catalog.json_array_elements(logins)) WITH ORDINALITY LOOP
        BEGIN
            INSERT INTO {schema}.user_logins
                (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
            SELECT row.*
            FROM pg_catalog.json_to_record(login) AS row (
                user_id pg_catalog.text, device_type pg_catalog.text, masked_ip pg_catalog.text,
                masked_device_id pg_catalog.text, locale pg_catalog.text, app_version {version},
                create_date pg_catalog.date);
            GET DIAGNOSTICS stored = ROW_COUNT;
            SET CONSTRAINTS ALL IMMEDIATE;
            IF NOT routed AND stored OPERATOR(pg_catalog.=) 0::pg_catalog.int8 THEN
                refused := pg_catalog.array_append(
                    refused, pg_catalog.json_build_array(ids[place], ''));
            END IF;
        EXCEPTION
            WHEN connection_exception OR transaction_rollback OR invalid_transaction_state
                OR insufficient_resources OR lock_not_available OR operator_intervention OR system_error
                OR internal_error THEN
                RAISE;
            WHEN OTHERS OR assert_failure THEN
                GET STACKED DIAGNOSTICS
                    state = RETURNED_SQLSTATE, its_table = TABLE_NAME, its_column = COLUMN_NAME,
                    its_constraint = CONSTRAINT_NAME;
                refused := pg_catalog.array_append(
                    refused, pg_catalog.json_build_array(
                        ids[place], state, its_table, its_column, its_constraint));
        END;
    END LOOP;
    PERFORM pg_catalog.set_config('login_drain.refused', pg_catalog.array_to_json(refused)::pg_catalog.text, true);
END
$one_by_one$;
