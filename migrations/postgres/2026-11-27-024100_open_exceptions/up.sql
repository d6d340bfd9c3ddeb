CREATE INDEX CONCURRENTLY IF NOT EXISTS exceptions_open ON exceptions (kind) WHERE state = 'open';
