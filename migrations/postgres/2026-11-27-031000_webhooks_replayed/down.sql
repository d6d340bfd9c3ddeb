ALTER TABLE payment_events DROP CONSTRAINT payment_events_event_check;
ALTER TABLE payment_events ADD CONSTRAINT payment_events_event_check CHECK (event IN (
    'payment_created', 'charge_intended', 'charge_opened', 'charge_unknown', 'charge_refused', 'charge_hidden',
    'charge_found', 'charge_moved', 'receipt_recorded', 'signal_disputed', 'withdrawn', 'cancel_asked',
    'webhook_settled', 'exception_raised', 'exception_resolved', 'simulated', 'provider_drifted', 'order_voided',
    'offline_reported', 'conflict_resolved'));
