-- What tills report of the time in which their line was down, and cash, which is taken at their word.
CREATE TABLE cash_tenders (
    position          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id                TEXT NOT NULL UNIQUE,
    merchant_id       TEXT NOT NULL,
    branch_id         TEXT,
    order_code        TEXT NOT NULL,
    amount            INTEGER NOT NULL CHECK (amount > 0),
    device_id         TEXT,
    taken_by          TEXT NOT NULL,
    source            TEXT NOT NULL CHECK (source IN ('till', 'transaction', 'payment')),
    offline_reference TEXT CHECK ((offline_reference IS NULL) = (source = 'till')),
    taken_at          INTEGER NOT NULL,
    recorded_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX cash_tenders_of_order ON cash_tenders (merchant_id, order_code, position);

-- What of a payment the till alone knows; a payment without a row here was made online.
CREATE TABLE payment_sync (
    payment_id        TEXT NOT NULL PRIMARY KEY REFERENCES payments (id),
    merchant_id       TEXT NOT NULL,
    device_id         TEXT NOT NULL,
    offline_reference TEXT NOT NULL,
    receipt_id        TEXT,
    created_at_device INTEGER NOT NULL,
    sync_status       TEXT NOT NULL CHECK (sync_status IN ('pending', 'synced', 'failed')),
    sync_attempts     INTEGER NOT NULL CHECK (sync_attempts > 0),
    last_sync_at      INTEGER NOT NULL
) STRICT;

ALTER TABLE offline_entries ADD COLUMN branch_id TEXT;
ALTER TABLE offline_entries ADD COLUMN order_code TEXT NOT NULL DEFAULT '';
ALTER TABLE offline_entries ADD COLUMN server_id TEXT NOT NULL DEFAULT '';
ALTER TABLE offline_entries ADD COLUMN body TEXT NOT NULL DEFAULT '{}';

CREATE TABLE offline_conflicts (
    id            TEXT NOT NULL PRIMARY KEY,
    merchant_id   TEXT NOT NULL,
    branch_id     TEXT,
    device_id     TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('transaction', 'payment', 'void')),
    reference     TEXT NOT NULL,
    fingerprint   BLOB NOT NULL CHECK (length(fingerprint) = 32),
    conflict_type TEXT NOT NULL CHECK (conflict_type IN ('duplicate', 'data_mismatch', 'constraint_violation')),
    suggested_fix TEXT NOT NULL CHECK (suggested_fix IN ('keep_server', 'keep_local', 'merge')),
    order_code    TEXT NOT NULL,
    local_data    TEXT NOT NULL,
    server_data   TEXT,
    server_id     TEXT,
    at            INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    resolved_at   INTEGER CHECK ((resolved_at IS NULL) = (state = 'open')),
    resolved_by   TEXT CHECK ((resolved_by IS NULL) = (state = 'open')),
    resolution    TEXT CHECK (resolution IN ('keep_server', 'keep_local', 'merge'))
                  CHECK ((resolution IS NULL) = (state = 'open')),
    reason        TEXT CHECK ((reason IS NULL) = (state = 'open')),
    applied_id    TEXT,
    UNIQUE (merchant_id, device_id, kind, reference, fingerprint)
) STRICT;

CREATE INDEX offline_conflicts_of_merchant ON offline_conflicts (merchant_id, at, id);

CREATE TABLE offline_devices (
    merchant_id       TEXT NOT NULL,
    device_id         TEXT NOT NULL,
    branch_id         TEXT,
    last_seen_at      INTEGER NOT NULL,
    clock_skew_micros INTEGER,
    PRIMARY KEY (merchant_id, device_id)
) STRICT;

CREATE TRIGGER cash_tenders_never_change BEFORE UPDATE ON cash_tenders
BEGIN SELECT RAISE(ABORT, 'cash tenders are never changed'); END;
CREATE TRIGGER cash_tenders_stay BEFORE DELETE ON cash_tenders
BEGIN SELECT RAISE(ABORT, 'cash tenders are never deleted'); END;

DROP VIEW seed_payments;
CREATE VIEW seed_payments AS
SELECT
    p.id                                                            AS id,
    p.merchant_id                                                   AS merchant_id,
    p.branch_id                                                     AS branch_id,
    p.order_code                                                    AS transaction_id,
    c.our_reference                                                 AS payment_code,
    CASE p.reference_kind WHEN 'own' THEN p.id ELSE p.reference_id END AS reference_id,
    (SELECT k.key FROM idempotency_keys k WHERE k.payment_id = p.id) AS idempotency_key,
    coalesce(c.provider, '')                                        AS provider,
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
    s.payment_id IS NOT NULL                                        AS is_offline,
    coalesce(d.device_id, s.device_id)                              AS device_id,
    s.offline_reference                                             AS offline_reference,
    coalesce(s.sync_status, CASE t.status WHEN 'synced' THEN 'synced' ELSE 'pending' END) AS sync_status,
    s.sync_attempts                                                 AS sync_attempts,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.last_sync_at / 1000000, 'unixepoch') AS last_sync_at,
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
LEFT JOIN payment_sync s ON s.payment_id = p.id
LEFT JOIN transactions t ON t.merchant_id = p.merchant_id AND t.order_code = p.order_code
LEFT JOIN charges c ON c.id = (
    SELECT s.id FROM charges s WHERE s.payment_id = p.id
    ORDER BY (s.hidden_since IS NOT NULL), s.position DESC LIMIT 1);

-- Only the lists of two CHECKs grow and nothing that is stored changes, so the definitions are replaced in place
-- (https://www.sqlite.org/lang_altertable.html, section 8).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''provider_drifted''', '''provider_drifted'', ''order_voided'', ''offline_reported'', ''conflict_resolved''')
WHERE type = 'table' AND name = 'payment_events';
UPDATE sqlite_schema
SET sql = replace(sql, '''paid_by'', ''expired''', '''paid_by'', ''paid_in_cash'', ''expired''')
WHERE type = 'table' AND name = 'payments';
PRAGMA writable_schema = RESET;
