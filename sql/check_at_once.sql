-- What is checked at COMMIT must show itself with each row.
SET CONSTRAINTS ALL IMMEDIATE;
