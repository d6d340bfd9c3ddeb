-- What is counted every few seconds is read without what does not wait.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_pending ON payments (created_at) WHERE status = 'pending';
