-- How long things are kept: a body for some time after the last record that speaks of it.
DROP TRIGGER payment_bodies_never_change ON payment_bodies;
-- What was kept before counts from now on, and so does what nodes of the version before write. Some bodies stay for longer
-- than they must; no row is written for it, and nobody waits.
ALTER TABLE payment_bodies ADD COLUMN kept_at TIMESTAMPTZ NOT NULL DEFAULT now();
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE OF digest, body ON payment_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('kept bodies are never changed');

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT UPDATE (kept_at) ON payment_bodies TO mstore_pay_app;
        GRANT DELETE ON payment_bodies, outbox, webhook_inbox TO mstore_pay_app;
    END IF;
END $$;
