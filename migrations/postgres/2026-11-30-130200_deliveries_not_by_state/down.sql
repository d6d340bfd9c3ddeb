CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_inbox_states ON webhook_inbox (state, position);
