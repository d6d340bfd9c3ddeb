DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        REVOKE DELETE ON payment_bodies, outbox, webhook_inbox FROM mstore_pay_app;
    END IF;
END $$;
DROP TRIGGER payment_bodies_never_change ON payment_bodies;
ALTER TABLE payment_bodies DROP COLUMN kept_at;
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE ON payment_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('kept bodies are never changed');
