DROP INDEX CONCURRENTLY webhook_inbox_open;
