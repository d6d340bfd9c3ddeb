CREATE INDEX CONCURRENTLY payments_of_order ON payments (merchant_id, order_code, created_at);
