-- Which node holds a lease: of use to a store of several nodes only, whose tables are the same.
ALTER TABLE payments ADD COLUMN lease_holder INTEGER;
ALTER TABLE webhook_inbox ADD COLUMN lease_holder INTEGER;
ALTER TABLE outbox ADD COLUMN lease_holder INTEGER;
