-- What tills reported of an order is read whenever another report of it comes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS offline_entries_of_order ON offline_entries (merchant_id, order_code, position);
