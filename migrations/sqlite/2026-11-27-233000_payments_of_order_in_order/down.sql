DROP INDEX payments_of_order;
CREATE INDEX payments_of_order ON payments (merchant_id, order_code, created_at);
