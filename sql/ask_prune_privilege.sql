-- Whether this role may delete old ledger rows. Asked first, because a refused delete is an error in the
-- server's log, and a role that may only drain would leave one there at the end of every run.
SELECT has_table_privilege('login_drain_ledger', 'DELETE')
    AND has_column_privilege('login_drain_ledger', 'message_id', 'SELECT')
    AND has_column_privilege('login_drain_ledger', 'sent_at', 'SELECT');
