DROP INDEX CONCURRENTLY payments_pending;
