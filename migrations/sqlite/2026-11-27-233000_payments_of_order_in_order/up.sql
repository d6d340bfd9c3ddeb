-- With the id in it the index gives the payments of an order in their order. Without, the planner takes the index that gives
-- those of the whole merchant in that order, and reads them all.
DROP INDEX payments_of_order;
CREATE INDEX payments_of_order ON payments (merchant_id, order_code, created_at, id);
