-- Opens the transaction that holds the lock of --exclusive. It is idle on purpose until the run ends, and has no
-- snapshot, so it holds back no vacuum.
BEGIN READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = 0;
