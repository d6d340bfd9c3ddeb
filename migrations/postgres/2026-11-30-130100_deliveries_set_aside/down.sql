DROP INDEX CONCURRENTLY IF EXISTS webhook_inbox_set_aside;
