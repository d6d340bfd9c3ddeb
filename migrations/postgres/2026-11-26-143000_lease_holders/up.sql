-- Which node holds a lease, where that can be told: its number is taken from this sequence, and as long as it lives
-- a session of it has an advisory lock under that number.
CREATE SEQUENCE nodes AS INTEGER CYCLE;

ALTER TABLE payments ADD COLUMN lease_holder INTEGER;
ALTER TABLE webhook_inbox ADD COLUMN lease_holder INTEGER;
ALTER TABLE outbox ADD COLUMN lease_holder INTEGER;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT USAGE ON SEQUENCE nodes TO mstore_pay_app;
    END IF;
END $$;
