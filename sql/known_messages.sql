-- Which of these messages were stored before. Reads only: a dry run asks it.
SELECT message_id FROM login_drain_ledger WHERE message_id = ANY ($1::uuid[]);
