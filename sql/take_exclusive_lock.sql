-- Asks for the one lock that stands for a queue, and says whether this transaction got it. $1 is the queue's
-- URL; the server makes the number of it, so that all who ask the same server mean the same lock.
SELECT pg_catalog.pg_try_advisory_xact_lock(
    pg_catalog.hashtextextended(pg_catalog.concat('login-drain --exclusive ', $1), 0));
