DROP INDEX CONCURRENTLY payments_with_customer;
