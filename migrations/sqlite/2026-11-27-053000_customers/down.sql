DROP INDEX payments_with_customer;
