-- A record holds to its payment by the payment's chain: no unit commits but records that continue the stored head of a payment that it
-- writes, and their bodies with them. A key looked the payment, or the record, up once more for each, and locked it. No payment can be
-- deleted or renamed but after its details and charges, whose keys stay.
ALTER TABLE payment_events DROP CONSTRAINT IF EXISTS payment_events_payment_id_fkey;
ALTER TABLE payment_event_bodies DROP CONSTRAINT IF EXISTS payment_event_bodies_payment_id_seq_fkey;
