CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_inbox_set_aside ON webhook_inbox (state, position) WHERE state IN ('parked', 'dead');
