-- Conventions of this schema:
-- * amounts are INTEGER hundredths of a rupiah, times INTEGER microseconds since the epoch, UTC;
-- * "lease_until", "sent_at" and the inbox's and outbox's "due_at" are by SQLite's own clock, every other time by
--   the caller's;
-- * states are words; tests compare each CHECK with the words of the code.

CREATE TABLE payments (
    id                 TEXT    NOT NULL PRIMARY KEY,
    merchant_id        TEXT    NOT NULL,
    branch_id          TEXT,
    order_code         TEXT    NOT NULL,
    method             TEXT    NOT NULL CHECK (method IN (
        'qris', 'gopay', 'ovo', 'dana', 'shopeepay', 'va_bca', 'va_bni', 'va_bri', 'va_mandiri', 'credit_card')),
    channel            TEXT    NOT NULL CHECK (channel IN ('QR_CODE', 'EWALLET', 'VIRTUAL_ACCOUNT', 'CARDS')),
    amount             INTEGER NOT NULL CHECK (amount > 0),
    attempt            INTEGER NOT NULL CHECK (attempt >= 0),
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    revision           INTEGER NOT NULL CHECK (revision > 0),
    intake             TEXT    NOT NULL CHECK (intake IN ('open', 'closed')),
    display            TEXT    NOT NULL CHECK (display IN (
        'shown', 'cancelled', 'superseded', 'paid_by', 'expired', 'voided')),
    withdrawn_at       INTEGER CHECK ((withdrawn_at IS NULL) = (display = 'shown')),
    paid_by_payment_id TEXT    CHECK ((paid_by_payment_id IS NULL) = (display <> 'paid_by')),
    reference_kind     TEXT    NOT NULL CHECK (reference_kind IN ('unset', 'provider', 'own')),
    reference_id       TEXT    CHECK ((reference_id IS NULL) = (reference_kind <> 'provider')),
    audit_seq          INTEGER NOT NULL,
    audit_head         BLOB    NOT NULL CHECK (length(audit_head) = 32),
    check_count        INTEGER NOT NULL,
    last_checked_at    INTEGER,
    -- Derived from the charges and their money with every write, for listings and reports.
    status             TEXT    NOT NULL CHECK (status IN (
        'pending', 'expired', 'canceled', 'failed', 'success', 'partially_refunded', 'refunded', 'reversed')),
    paid_at            INTEGER,
    updated_at         INTEGER NOT NULL,
    -- When a worker shall look at it (NULL: never), and who does.
    due_at             INTEGER,
    lease_token        TEXT,
    lease_until        INTEGER CHECK ((lease_until IS NULL) = (lease_token IS NULL))
) STRICT;

CREATE INDEX payments_of_order ON payments (merchant_id, order_code, created_at);
CREATE INDEX payments_due ON payments (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX payments_leased ON payments (lease_token) WHERE lease_token IS NOT NULL;

CREATE TABLE payment_details (
    payment_id     TEXT NOT NULL PRIMARY KEY REFERENCES payments (id),
    customer_email TEXT,
    customer_name  TEXT,
    customer_phone TEXT,
    success_url    TEXT,
    failure_url    TEXT,
    description    TEXT,
    device_id      TEXT,
    metadata       TEXT NOT NULL CHECK (json_valid(metadata))
) STRICT, WITHOUT ROWID;

CREATE TABLE charges (
    id               TEXT    NOT NULL PRIMARY KEY,
    payment_id       TEXT    NOT NULL REFERENCES payments (id),
    position         INTEGER NOT NULL,
    merchant_id      TEXT    NOT NULL,
    order_code       TEXT    NOT NULL,
    provider         TEXT    NOT NULL,
    account_id       TEXT    NOT NULL,
    our_reference    TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    hidden_since     INTEGER,
    opening          TEXT    NOT NULL CHECK (opening IN ('intended', 'opened', 'unknown', 'found', 'refused')),
    opening_at       INTEGER CHECK ((opening_at IS NULL) = (opening = 'intended')),
    provider_ref     TEXT    CHECK ((provider_ref IS NULL) = (opening NOT IN ('opened', 'found'))),
    payable_until    INTEGER CHECK ((payable_until IS NULL) = (opening <> 'opened')),
    artefact         TEXT    CHECK (artefact IN ('qr', 'virtual_account', 'bill', 'link', 'push'))
                             CHECK ((artefact IS NULL) = (opening <> 'opened')),
    qr_string        TEXT,
    bank_code        TEXT,
    va_number        TEXT,
    biller_code      TEXT,
    bill_key         TEXT,
    checkout_url     TEXT,
    deeplink_url     TEXT,
    closing          TEXT    NOT NULL CHECK (closing IN ('not_asked', 'wanted', 'confirmed', 'unsupported')),
    closing_attempts INTEGER CHECK ((closing_attempts IS NULL) = (closing <> 'wanted')),
    closing_next_at  INTEGER CHECK ((closing_next_at IS NULL) = (closing <> 'wanted')),
    status           TEXT    NOT NULL CHECK (status IN (
        'initiated', 'pending', 'expired', 'canceled', 'failed', 'paid', 'partially_refunded', 'refunded',
        'reversed')),
    ended_at         INTEGER CHECK ((ended_at IS NULL) = (status NOT IN ('expired', 'canceled', 'failed'))),
    failure_reason   TEXT    CHECK ((failure_reason IS NULL) = (status <> 'failed')),
    UNIQUE (provider, account_id, our_reference)
) STRICT;

CREATE INDEX charges_of_payment ON charges (payment_id, position);
CREATE INDEX charges_of_account_order ON charges (provider, account_id, order_code);
CREATE UNIQUE INDEX charges_by_provider_ref ON charges (provider, account_id, provider_ref)
    WHERE provider_ref IS NOT NULL;
CREATE INDEX charges_of_merchant_ref ON charges (merchant_id, provider_ref) WHERE provider_ref IS NOT NULL;

CREATE TABLE receipts (
    provider         TEXT    NOT NULL,
    account_id       TEXT    NOT NULL,
    payment_ref      TEXT    NOT NULL,
    charge_id        TEXT    NOT NULL REFERENCES charges (id),
    payment_id       TEXT    NOT NULL REFERENCES payments (id),
    amount           INTEGER NOT NULL CHECK (amount >= 0),
    currency         TEXT    NOT NULL,
    paid_at          INTEGER NOT NULL,
    payer_issuer     TEXT,
    payer_name       TEXT,
    payer_receipt_id TEXT,
    PRIMARY KEY (provider, account_id, payment_ref)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_of_payment ON receipts (payment_id);

CREATE TABLE refunds (
    charge_id   TEXT    NOT NULL REFERENCES charges (id),
    refund_ref  TEXT    NOT NULL,
    payment_id  TEXT    NOT NULL REFERENCES payments (id),
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    refunded_at INTEGER NOT NULL,
    PRIMARY KEY (charge_id, refund_ref)
) STRICT, WITHOUT ROWID;

CREATE INDEX refunds_of_payment ON refunds (payment_id);

CREATE TABLE reversals (
    charge_id   TEXT    NOT NULL REFERENCES charges (id),
    payment_ref TEXT    NOT NULL,
    payment_id  TEXT    NOT NULL REFERENCES payments (id),
    reversed_at INTEGER NOT NULL,
    PRIMARY KEY (charge_id, payment_ref)
) STRICT, WITHOUT ROWID;

CREATE INDEX reversals_of_payment ON reversals (payment_id);

CREATE TRIGGER receipts_stay BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are never deleted'); END;
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'refunds are never deleted'); END;
CREATE TRIGGER reversals_stay BEFORE DELETE ON reversals
BEGIN SELECT RAISE(ABORT, 'reversals are never deleted'); END;

-- The audit trail: "record" is what is hashed, the other columns repeat parts of it for queries.
CREATE TABLE payment_events (
    payment_id TEXT    NOT NULL REFERENCES payments (id),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    event      TEXT    NOT NULL CHECK (event IN (
        'payment_created', 'charge_intended', 'charge_opened', 'charge_unknown', 'charge_refused', 'charge_hidden',
        'charge_found', 'charge_moved', 'receipt_recorded', 'signal_disputed', 'withdrawn', 'cancel_asked',
        'webhook_settled', 'exception_raised', 'exception_resolved', 'simulated')),
    record     BLOB    NOT NULL,
    PRIMARY KEY (payment_id, seq)
) STRICT;

CREATE TABLE payment_event_bodies (
    payment_id TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('request', 'response', 'callback')),
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (payment_id, seq, position),
    FOREIGN KEY (payment_id, seq) REFERENCES payment_events (payment_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payment_events_never_change BEFORE UPDATE ON payment_events
BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER payment_events_stay BEFORE DELETE ON payment_events
BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
CREATE TRIGGER payment_event_bodies_never_change BEFORE UPDATE ON payment_event_bodies
BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER payment_event_bodies_stay BEFORE DELETE ON payment_event_bodies
BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;

-- Redacted bodies. Rows may be pruned: the chain holds their digests only.
CREATE TABLE payment_bodies (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    body   BLOB NOT NULL
) STRICT;

CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE ON payment_bodies
BEGIN SELECT RAISE(ABORT, 'kept bodies are never changed'); END;

CREATE TABLE webhook_inbox (
    position    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    provider    TEXT    NOT NULL,
    account_id  TEXT    NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    body        BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    deliveries  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'done', 'parked', 'dead')),
    reason      TEXT,
    due_at      INTEGER NOT NULL,
    lease_token TEXT,
    lease_until INTEGER CHECK ((lease_until IS NULL) = (lease_token IS NULL)),
    UNIQUE (provider, account_id, digest)
) STRICT;

CREATE INDEX webhook_inbox_states ON webhook_inbox (state, position);

CREATE TABLE outbox (
    position    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    merchant_id TEXT    NOT NULL,
    branch_id   TEXT,
    payment_id  TEXT    NOT NULL,
    order_code  TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    event       TEXT    NOT NULL CHECK (event IN ('status_changed', 'order_paid', 'exception_raised')),
    status      TEXT    CHECK (status IN (
        'pending', 'expired', 'canceled', 'failed', 'success', 'partially_refunded', 'refunded', 'reversed'))
                        CHECK ((status IS NULL) = (event <> 'status_changed')),
    paid_at     INTEGER CHECK ((paid_at IS NULL) = (event <> 'order_paid')),
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_token TEXT,
    lease_until INTEGER CHECK ((lease_until IS NULL) = (lease_token IS NULL)),
    sent_at     INTEGER
) STRICT;

CREATE INDEX outbox_waiting ON outbox (position) WHERE sent_at IS NULL;

CREATE TABLE idempotency_keys (
    merchant_id   TEXT    NOT NULL,
    route         TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    fingerprint   BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    payment_id    TEXT    NOT NULL,
    expires_at    INTEGER NOT NULL,
    answer_status INTEGER,
    answer_body   BLOB    CHECK ((answer_body IS NULL) = (answer_status IS NULL)),
    PRIMARY KEY (merchant_id, route, key)
) STRICT;

CREATE INDEX idempotency_keys_of_payment ON idempotency_keys (payment_id);

-- The POS orders.
CREATE TABLE transactions (
    merchant_id        TEXT    NOT NULL,
    order_code         TEXT    NOT NULL,
    branch_id          TEXT,
    grand_total        INTEGER NOT NULL CHECK (grand_total >= 0),
    payment_method     TEXT,
    body               TEXT,
    created_at         INTEGER NOT NULL,
    revision           INTEGER NOT NULL CHECK (revision > 0),
    status             TEXT    NOT NULL CHECK (status IN (
        'draft', 'pending_payment', 'paid', 'synced', 'failed', 'expired', 'voided')),
    paid_at            INTEGER CHECK ((paid_at IS NULL) = (status NOT IN ('paid', 'synced'))),
    paid_by            TEXT    CHECK (paid_by IN ('payment', 'cash'))
                               CHECK ((paid_by IS NULL) = (status NOT IN ('paid', 'synced'))),
    paid_by_payment_id TEXT    CHECK ((paid_by_payment_id IS NULL) = (paid_by IS NOT 'payment')),
    voided_at          INTEGER CHECK ((voided_at IS NULL) = (status <> 'voided')),
    PRIMARY KEY (merchant_id, order_code)
) STRICT;

-- Who holds an order's one displayed charge: at most one row an order.
CREATE TABLE live_orders (
    merchant_id TEXT NOT NULL,
    order_code  TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    charge_id   TEXT NOT NULL,
    PRIMARY KEY (merchant_id, order_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE offline_entries (
    position          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id       TEXT    NOT NULL,
    kind              TEXT    NOT NULL CHECK (kind IN ('transaction', 'payment', 'void')),
    reference         TEXT    NOT NULL,
    device_id         TEXT    NOT NULL,
    fingerprint       BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    created_at_device INTEGER NOT NULL,
    received_at       INTEGER NOT NULL,
    UNIQUE (merchant_id, kind, reference)
) STRICT;

CREATE INDEX offline_entries_of_device ON offline_entries (merchant_id, device_id, position);

CREATE TABLE exceptions (
    id              TEXT    NOT NULL PRIMARY KEY,
    key             TEXT    NOT NULL,
    merchant_id     TEXT,
    order_code      TEXT,
    payment_id      TEXT,
    charge_id       TEXT,
    kind            TEXT    NOT NULL CHECK (kind IN (
        'late_paid', 'reversed', 'overpaid', 'underpaid', 'paid_twice', 'unmatched', 'paid_after_void',
        'account_mismatch', 'fee_on_qris', 'outcome_unknown', 'refund_failed')),
    subject_kind    TEXT    CHECK (subject_kind IN ('receipt', 'claim', 'refund')),
    subject         TEXT    CHECK ((subject IS NULL) = (subject_kind IS NULL)),
    expected_amount INTEGER,
    amount          INTEGER,
    currency        TEXT,
    at              INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('open', 'resolved')),
    resolved_at     INTEGER CHECK ((resolved_at IS NULL) = (state = 'open')),
    resolved_by     TEXT    CHECK ((resolved_by IS NULL) = (state = 'open')),
    resolution      TEXT    CHECK ((resolution IS NULL) = (state = 'open')),
    reason          TEXT    CHECK ((reason IS NULL) = (state = 'open'))
) STRICT;

CREATE UNIQUE INDEX exceptions_once ON exceptions (ifnull(merchant_id, ''), key);
CREATE INDEX exceptions_of_merchant ON exceptions (merchant_id, at);
CREATE INDEX exceptions_of_payment ON exceptions (payment_id);

-- The payment row of MStore's existing services, under its own column names. A payment is shown with
-- the charge that the till is shown, else with its last. Times are RFC 3339, the amount has two decimals.
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
