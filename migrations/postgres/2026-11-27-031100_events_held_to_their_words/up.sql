-- Events are read while others go on writing some.
ALTER TABLE payment_events VALIDATE CONSTRAINT payment_events_event_check;
