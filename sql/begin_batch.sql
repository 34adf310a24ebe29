-- Opens the transaction of one batch. Settings are local to it, because a pooler in transaction
-- mode may give the next transaction to somebody else. An acknowledged commit must survive a
-- crash of the server, whatever the role's or database's default for synchronous_commit is:
-- the messages are deleted on the strength of it. A stronger setting is left as it is.
-- search_path is what this role's own default says, not what a pooler's other client left behind:
-- triggers of user_logins may rely on it. Our own statements don't: they name every schema, also of
-- functions and operators, so that nothing that another role made is called.
-- The statement timeout is set beside it, from --database-timeout.
-- Its warning that a COMMIT did not wait for a standby must arrive, whatever the role's default for messages is.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path TO DEFAULT;
SET LOCAL lock_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = '60s';
SELECT pg_catalog.set_config('synchronous_commit', 'on', true)
WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) ANY (ARRAY['off', 'local']::pg_catalog.text[]);
