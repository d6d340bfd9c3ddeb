-- What tills reported of an order is read whenever another report of it comes.
CREATE INDEX offline_entries_of_order ON offline_entries (merchant_id, order_code, position);
