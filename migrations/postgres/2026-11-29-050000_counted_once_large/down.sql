DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'anchored_heads', 'anchored_merchants', 'audit_anchors', 'cash_tenders', 'charges', 'event_dispatches',
    'event_endpoint_notes', 'event_endpoints', 'exceptions', 'idempotency_keys', 'live_orders',
    'merchant_events', 'merchant_heads', 'offline_conflicts', 'offline_devices', 'offline_entries',
    'offline_numbers', 'outbox', 'payment_bodies', 'payment_details', 'payment_event_bodies',
    'payment_events', 'payment_sync', 'payments', 'provider_account_notes', 'provider_accounts', 'receipts',
    'refunds', 'reversals', 'transactions', 'webhook_inbox'
  ] LOOP
    EXECUTE format('ALTER TABLE %I RESET (autovacuum_analyze_threshold, autovacuum_vacuum_threshold, '
      'autovacuum_vacuum_insert_threshold)', name);
  END LOOP;
END
$$;
