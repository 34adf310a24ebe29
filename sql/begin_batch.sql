-- Opens the transaction of one batch. Settings are local to it, because a pooler in transaction
-- mode may give the next transaction to somebody else. An acknowledged commit must survive a
-- crash of the server, whatever the role's or database's default for synchronous_commit is:
-- the messages are deleted on the strength of it. A stronger setting is left as it is.
-- The statement timeout is set beside it, from --database-timeout.
BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = '60s';
SELECT set_config('synchronous_commit', 'on', true)
WHERE current_setting('synchronous_commit') IN ('off', 'local');
