DROP INDEX exceptions_open;
DROP INDEX payments_pending;
