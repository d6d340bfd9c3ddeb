CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_bodies_by_age ON payment_bodies (kept_at);
