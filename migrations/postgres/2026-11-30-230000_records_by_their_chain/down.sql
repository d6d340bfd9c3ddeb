DROP TRIGGER payments_are_kept ON payments;
DROP TRIGGER payments_stay ON payments;
ALTER TABLE payment_event_bodies ADD CONSTRAINT payment_event_bodies_payment_id_seq_fkey
    FOREIGN KEY (payment_id, seq) REFERENCES payment_events (payment_id, seq);
ALTER TABLE payment_events ADD CONSTRAINT payment_events_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id);
