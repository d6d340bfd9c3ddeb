ALTER TABLE outbox DROP COLUMN lease_holder;
ALTER TABLE webhook_inbox DROP COLUMN lease_holder;
ALTER TABLE payments DROP COLUMN lease_holder;
