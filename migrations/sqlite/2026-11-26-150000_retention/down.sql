DROP INDEX idempotency_keys_by_end;
DROP INDEX payment_bodies_by_age;
DROP TRIGGER payment_bodies_never_change;
ALTER TABLE payment_bodies DROP COLUMN kept_at;
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE ON payment_bodies
BEGIN SELECT RAISE(ABORT, 'kept bodies are never changed'); END;
