-- How long things are kept: a body for some time after the last record that speaks of it, a key for some time after it
-- expired.
DROP TRIGGER payment_bodies_never_change ON payment_bodies;
-- Nodes of the version before write no time: theirs is now.
ALTER TABLE payment_bodies ADD COLUMN kept_at TIMESTAMPTZ NOT NULL DEFAULT now();
UPDATE payment_bodies SET kept_at = newest.at
FROM (SELECT b.digest, max(e.at) AS at FROM payment_event_bodies b
    JOIN payment_events e ON e.payment_id = b.payment_id AND e.seq = b.seq GROUP BY b.digest) AS newest
WHERE newest.digest = payment_bodies.digest;
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE OF digest, body ON payment_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('kept bodies are never changed');
CREATE INDEX payment_bodies_by_age ON payment_bodies (kept_at);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT UPDATE (kept_at) ON payment_bodies TO mstore_pay_app;
        GRANT DELETE ON payment_bodies, outbox, webhook_inbox TO mstore_pay_app;
    END IF;
END $$;
