DROP INDEX CONCURRENTLY payment_bodies_by_age;
