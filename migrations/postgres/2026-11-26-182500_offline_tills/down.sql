CREATE OR REPLACE VIEW seed_payments AS
SELECT
    p.id                                                            AS id,
    p.merchant_id                                                   AS merchant_id,
    p.branch_id                                                     AS branch_id,
    p.order_code                                                    AS transaction_id,
    c.our_reference                                                 AS payment_code,
    CASE p.reference_kind WHEN 'own' THEN p.id ELSE p.reference_id END AS reference_id,
    (SELECT k.key FROM idempotency_keys k WHERE k.payment_id = p.id ORDER BY k.key LIMIT 1) AS idempotency_key,
    c.provider                                                      AS provider,
    p.channel                                                       AS channel,
    p.method                                                        AS method,
    p.amount                                                        AS amount,
    'IDR'                                                           AS currency,
    p.status                                                        AS status,
    (SELECT r.payment_ref FROM receipts r WHERE r.payment_id = p.id
        ORDER BY r.paid_at, r.payment_ref LIMIT 1)                  AS external_payment_id,
    c.provider_ref                                                  AS external_invoice_id,
    c.qr_string                                                     AS qr_string,
    p.paid_at                                                       AS paid_at,
    p.expires_at                                                    AS expires_at,
    c.failure_reason                                                AS last_error_code,
    CASE WHEN c.status = 'failed' THEN 'the charge failed' END      AS last_error_message,
    (SELECT 'settled' FROM payment_events e
        WHERE e.payment_id = p.id AND e.event = 'webhook_settled' LIMIT 1) AS webhook_status,
    (SELECT max(e.at) FROM payment_events e
        WHERE e.payment_id = p.id AND e.event = 'webhook_settled')  AS webhook_received_at,
    FALSE                                                           AS is_offline,
    d.device_id                                                     AS device_id,
    CAST(NULL AS TEXT)                                              AS offline_reference,
    CASE t.status WHEN 'synced' THEN 'synced' ELSE 'pending' END    AS sync_status,
    CAST(NULL AS BIGINT)                                            AS sync_attempts,
    CAST(NULL AS TIMESTAMPTZ)                                       AS last_sync_at,
    (SELECT body_text(b.body) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'request' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS request_payload,
    (SELECT body_text(b.body) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'response' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS response_payload,
    (SELECT body_text(b.body) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'callback' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS callback_payload,
    p.created_at                                                    AS created_at,
    p.updated_at                                                    AS updated_at,
    CAST(NULL AS TIMESTAMPTZ)                                       AS deleted_at
FROM payments p
LEFT JOIN payment_details d ON d.payment_id = p.id
LEFT JOIN transactions t ON t.merchant_id = p.merchant_id AND t.order_code = p.order_code
LEFT JOIN charges c ON c.id = (
    SELECT s.id FROM charges s WHERE s.payment_id = p.id
    ORDER BY (s.hidden_since IS NOT NULL), s.position DESC LIMIT 1);

ALTER TABLE payment_events DROP CONSTRAINT payment_events_event_check;
ALTER TABLE payment_events ADD CONSTRAINT payment_events_event_check CHECK (event IN (
    'payment_created', 'charge_intended', 'charge_opened', 'charge_unknown', 'charge_refused', 'charge_hidden',
    'charge_found', 'charge_moved', 'receipt_recorded', 'signal_disputed', 'withdrawn', 'cancel_asked',
    'webhook_settled', 'exception_raised', 'exception_resolved', 'simulated', 'provider_drifted'));
ALTER TABLE payments DROP CONSTRAINT payments_display_check;
ALTER TABLE payments ADD CONSTRAINT payments_display_check CHECK (display IN (
    'shown', 'cancelled', 'superseded', 'paid_by', 'expired', 'voided'));
DROP TABLE offline_devices;
DROP TABLE offline_conflicts;
ALTER TABLE offline_entries DROP COLUMN body;
ALTER TABLE offline_entries DROP COLUMN server_id;
ALTER TABLE offline_entries DROP COLUMN order_code;
ALTER TABLE offline_entries DROP COLUMN branch_id;
DROP TABLE payment_sync;
DROP TABLE cash_tenders;
