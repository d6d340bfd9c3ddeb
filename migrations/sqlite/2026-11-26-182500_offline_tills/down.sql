DROP VIEW seed_payments;
DROP TABLE offline_devices;
DROP TABLE offline_conflicts;
ALTER TABLE offline_entries DROP COLUMN body;
ALTER TABLE offline_entries DROP COLUMN server_id;
ALTER TABLE offline_entries DROP COLUMN order_code;
ALTER TABLE offline_entries DROP COLUMN branch_id;
DROP TABLE payment_sync;
DROP TABLE cash_tenders;

CREATE VIEW seed_payments AS
SELECT
    p.id                                                            AS id,
    p.merchant_id                                                   AS merchant_id,
    p.branch_id                                                     AS branch_id,
    p.order_code                                                    AS transaction_id,
    c.our_reference                                                 AS payment_code,
    CASE p.reference_kind WHEN 'own' THEN p.id ELSE p.reference_id END AS reference_id,
    (SELECT k.key FROM idempotency_keys k WHERE k.payment_id = p.id) AS idempotency_key,
    c.provider                                                      AS provider,
    p.channel                                                       AS channel,
    p.method                                                        AS method,
    printf('%d.%02d', p.amount / 100, p.amount % 100)               AS amount,
    'IDR'                                                           AS currency,
    p.status                                                        AS status,
    (SELECT r.payment_ref FROM receipts r WHERE r.payment_id = p.id
        ORDER BY r.paid_at, r.payment_ref LIMIT 1)                  AS external_payment_id,
    c.provider_ref                                                  AS external_invoice_id,
    c.qr_string                                                     AS qr_string,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.paid_at / 1000000, 'unixepoch')    AS paid_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.expires_at / 1000000, 'unixepoch') AS expires_at,
    c.failure_reason                                                AS last_error_code,
    CASE WHEN c.status = 'failed' THEN 'the charge failed' END      AS last_error_message,
    (SELECT 'settled' FROM payment_events e
        WHERE e.payment_id = p.id AND e.event = 'webhook_settled' LIMIT 1) AS webhook_status,
    (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(e.at) / 1000000, 'unixepoch') FROM payment_events e
        WHERE e.payment_id = p.id AND e.event = 'webhook_settled')  AS webhook_received_at,
    0                                                               AS is_offline,
    d.device_id                                                     AS device_id,
    NULL                                                            AS offline_reference,
    CASE t.status WHEN 'synced' THEN 'synced' ELSE 'pending' END    AS sync_status,
    NULL                                                            AS sync_attempts,
    NULL                                                            AS last_sync_at,
    (SELECT CAST(b.body AS TEXT) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'request' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS request_payload,
    (SELECT CAST(b.body AS TEXT) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'response' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS response_payload,
    (SELECT CAST(b.body AS TEXT) FROM payment_event_bodies e JOIN payment_bodies b ON b.digest = e.digest
        WHERE e.payment_id = p.id AND e.role = 'callback' ORDER BY e.seq DESC, e.position DESC LIMIT 1)
                                                                    AS callback_payload,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.created_at / 1000000, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.updated_at / 1000000, 'unixepoch') AS updated_at,
    NULL                                                            AS deleted_at
FROM payments p
LEFT JOIN payment_details d ON d.payment_id = p.id
LEFT JOIN transactions t ON t.merchant_id = p.merchant_id AND t.order_code = p.order_code
LEFT JOIN charges c ON c.id = (
    SELECT s.id FROM charges s WHERE s.payment_id = p.id
    ORDER BY (s.hidden_since IS NOT NULL), s.position DESC LIMIT 1);

-- Only the lists of two CHECKs shrink and nothing that is stored changes, so the definitions are replaced in place
-- (https://www.sqlite.org/lang_altertable.html, section 8).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''provider_drifted'', ''order_voided'', ''offline_reported'', ''conflict_resolved''', '''provider_drifted''')
WHERE type = 'table' AND name = 'payment_events';
UPDATE sqlite_schema
SET sql = replace(sql, '''paid_by'', ''paid_in_cash'', ''expired''', '''paid_by'', ''expired''')
WHERE type = 'table' AND name = 'payments';
PRAGMA writable_schema = RESET;
