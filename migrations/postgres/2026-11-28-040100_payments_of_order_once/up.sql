-- The one with the id in it serves for this.
DROP INDEX CONCURRENTLY IF EXISTS payments_of_order;
