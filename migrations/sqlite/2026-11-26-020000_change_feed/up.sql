-- A merchant's messages, sent or not, in the order in which they committed.
CREATE INDEX outbox_of_merchant ON outbox (merchant_id, position);
