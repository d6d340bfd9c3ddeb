-- With the id in it the index gives the payments of an order in their order, and a look at an order needs no other. Without,
-- the index of a merchant gave that order as well, and a plan made while the table was nearly empty could take it: it
-- would read all that the merchant had sold until the server counted the table.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_of_order_in_order ON payments (merchant_id, order_code, created_at, id);
