-- A record holds to its payment by the payment's chain: no unit commits but records that continue the stored head of a payment that it
-- writes, and their bodies with them. A key looked the payment, or the record, up once more for each, and locked it. That a payment
-- with records is never deleted is said by a rule of its own now.
-- All are locked at once, and payments first, as units do: a key that goes would lock them the other way round.
LOCK TABLE payments, payment_events, payment_event_bodies IN ACCESS EXCLUSIVE MODE;
ALTER TABLE payment_events DROP CONSTRAINT IF EXISTS payment_events_payment_id_fkey;
ALTER TABLE payment_event_bodies DROP CONSTRAINT IF EXISTS payment_event_bodies_payment_id_seq_fkey;
-- As servers before PostgreSQL 12 called it.
ALTER TABLE payment_event_bodies DROP CONSTRAINT IF EXISTS payment_event_bodies_payment_id_fkey;
CREATE TRIGGER payments_stay BEFORE DELETE ON payments
    FOR EACH ROW EXECUTE FUNCTION refuse('payments are never deleted');
CREATE TRIGGER payments_are_kept BEFORE TRUNCATE ON payments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('payments are never deleted');
