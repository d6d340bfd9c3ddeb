CREATE INDEX CONCURRENTLY IF NOT EXISTS offline_conflicts_of_order ON offline_conflicts (merchant_id, order_code, at, id);
