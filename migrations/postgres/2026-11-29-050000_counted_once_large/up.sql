-- Plans are kept until the server counts a table again. One that was counted while it held a few rows is planned to be read
-- whole, however fast it grows meanwhile; of one that was never counted it takes a size for granted at which no plan does that.
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
    EXECUTE format('ALTER TABLE %I SET (autovacuum_analyze_threshold = 10000, autovacuum_vacuum_threshold = 10000, '
      'autovacuum_vacuum_insert_threshold = 10000)', name);
  END LOOP;
END
$$;
