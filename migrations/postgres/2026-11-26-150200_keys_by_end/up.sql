CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_keys_by_end ON idempotency_keys (expires_at);
