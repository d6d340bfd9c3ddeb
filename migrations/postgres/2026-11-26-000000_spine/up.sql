-- Conventions of this schema:
-- * amounts are rupiah with two decimals, times are exact to the microsecond;
-- * "lease_until", "sent_at" and the inbox's and outbox's "due_at" are by the database's own clock, every other
--   time by the caller's;
-- * states are words; tests compare each CHECK with the words of the code;
-- * tables and columns are those of the embedded store, so that rows can go from one to the other.

CREATE TABLE payments (
    id                 TEXT          NOT NULL PRIMARY KEY,
    merchant_id        TEXT          NOT NULL,
    branch_id          TEXT,
    order_code         TEXT          NOT NULL,
    method             TEXT          NOT NULL CHECK (method IN (
        'qris', 'gopay', 'ovo', 'dana', 'shopeepay', 'va_bca', 'va_bni', 'va_bri', 'va_mandiri', 'credit_card')),
    channel            TEXT          NOT NULL CHECK (channel IN ('QR_CODE', 'EWALLET', 'VIRTUAL_ACCOUNT', 'CARDS')),
    amount             NUMERIC(18,2) NOT NULL CHECK (amount > 0),
    attempt            BIGINT        NOT NULL CHECK (attempt >= 0),
    created_at         TIMESTAMPTZ   NOT NULL,
    expires_at         TIMESTAMPTZ   NOT NULL,
    revision           BIGINT        NOT NULL CHECK (revision > 0),
    intake             TEXT          NOT NULL CHECK (intake IN ('open', 'closed')),
    display            TEXT          NOT NULL CHECK (display IN (
        'shown', 'cancelled', 'superseded', 'paid_by', 'expired', 'voided')),
    withdrawn_at       TIMESTAMPTZ   CHECK ((withdrawn_at IS NULL) = (display = 'shown')),
    paid_by_payment_id TEXT          CHECK ((paid_by_payment_id IS NULL) = (display <> 'paid_by')),
    reference_kind     TEXT          NOT NULL CHECK (reference_kind IN ('unset', 'provider', 'own')),
    reference_id       TEXT          CHECK ((reference_id IS NULL) = (reference_kind <> 'provider')),
    audit_seq          BIGINT        NOT NULL,
    audit_head         BYTEA         NOT NULL CHECK (length(audit_head) = 32),
    check_count        BIGINT        NOT NULL,
    last_checked_at    TIMESTAMPTZ,
    -- Derived from the charges and their money with every write, for listings and reports.
    status             TEXT          NOT NULL CHECK (status IN (
        'pending', 'expired', 'canceled', 'failed', 'success', 'partially_refunded', 'refunded', 'reversed')),
    paid_at            TIMESTAMPTZ,
    updated_at         TIMESTAMPTZ   NOT NULL,
    -- When a worker shall look at it (NULL: never), and who does.
    due_at             TIMESTAMPTZ,
    lease_token        TEXT,
    lease_until        TIMESTAMPTZ   CHECK ((lease_until IS NULL) = (lease_token IS NULL))
);

CREATE INDEX payments_of_order ON payments (merchant_id, order_code, created_at);
CREATE INDEX payments_due ON payments (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX payments_leased ON payments (lease_token) WHERE lease_token IS NOT NULL;

CREATE TABLE payment_details (
    payment_id     TEXT          NOT NULL PRIMARY KEY REFERENCES payments (id),
    customer_email TEXT,
    customer_name  TEXT,
    customer_phone TEXT,
    success_url    TEXT,
    failure_url    TEXT,
    description    TEXT,
    device_id      TEXT,
    metadata       TEXT          NOT NULL CHECK (metadata::json IS NOT NULL)
);

CREATE TABLE charges (
    id               TEXT          NOT NULL PRIMARY KEY,
    payment_id       TEXT          NOT NULL REFERENCES payments (id),
    position         BIGINT        NOT NULL,
    merchant_id      TEXT          NOT NULL,
    order_code       TEXT          NOT NULL,
    provider         TEXT          NOT NULL,
    account_id       TEXT          NOT NULL,
    our_reference    TEXT          NOT NULL,
    created_at       TIMESTAMPTZ   NOT NULL,
    hidden_since     TIMESTAMPTZ,
    opening          TEXT          NOT NULL CHECK (opening IN ('intended', 'opened', 'unknown', 'found', 'refused')),
    opening_at       TIMESTAMPTZ   CHECK ((opening_at IS NULL) = (opening = 'intended')),
    provider_ref     TEXT          CHECK ((provider_ref IS NULL) = (opening NOT IN ('opened', 'found'))),
    payable_until    TIMESTAMPTZ   CHECK ((payable_until IS NULL) = (opening <> 'opened')),
    artefact         TEXT          CHECK (artefact IN ('qr', 'virtual_account', 'bill', 'link', 'push'))
                                   CHECK ((artefact IS NULL) = (opening <> 'opened')),
    qr_string        TEXT,
    bank_code        TEXT,
    va_number        TEXT,
    biller_code      TEXT,
    bill_key         TEXT,
    checkout_url     TEXT,
    deeplink_url     TEXT,
    closing          TEXT          NOT NULL CHECK (closing IN ('not_asked', 'wanted', 'confirmed', 'unsupported')),
    closing_attempts BIGINT        CHECK ((closing_attempts IS NULL) = (closing <> 'wanted')),
    closing_next_at  TIMESTAMPTZ   CHECK ((closing_next_at IS NULL) = (closing <> 'wanted')),
    status           TEXT          NOT NULL CHECK (status IN (
        'initiated', 'pending', 'expired', 'canceled', 'failed', 'paid', 'partially_refunded', 'refunded',
        'reversed')),
    ended_at         TIMESTAMPTZ   CHECK ((ended_at IS NULL) = (status NOT IN ('expired', 'canceled', 'failed'))),
    failure_reason   TEXT          CHECK ((failure_reason IS NULL) = (status <> 'failed')),
    risk             TEXT          NOT NULL CHECK (risk IN ('displayed', 'pushed')),
    UNIQUE (provider, account_id, our_reference)
);

CREATE INDEX charges_of_payment ON charges (payment_id, position);
CREATE INDEX charges_of_account_order ON charges (provider, account_id, order_code);
CREATE UNIQUE INDEX charges_by_provider_ref ON charges (provider, account_id, provider_ref)
    WHERE provider_ref IS NOT NULL;
CREATE INDEX charges_of_merchant_ref ON charges (merchant_id, provider_ref) WHERE provider_ref IS NOT NULL;

CREATE TABLE receipts (
    provider         TEXT          NOT NULL,
    account_id       TEXT          NOT NULL,
    payment_ref      TEXT          NOT NULL,
    charge_id        TEXT          NOT NULL REFERENCES charges (id),
    payment_id       TEXT          NOT NULL REFERENCES payments (id),
    amount           NUMERIC(18,2) NOT NULL CHECK (amount >= 0),
    currency         TEXT          NOT NULL,
    paid_at          TIMESTAMPTZ   NOT NULL,
    payer_issuer     TEXT,
    payer_name       TEXT,
    payer_receipt_id TEXT,
    PRIMARY KEY (provider, account_id, payment_ref)
);

CREATE INDEX receipts_of_payment ON receipts (payment_id);

CREATE TABLE refunds (
    charge_id   TEXT          NOT NULL REFERENCES charges (id),
    refund_ref  TEXT          NOT NULL,
    payment_id  TEXT          NOT NULL REFERENCES payments (id),
    amount      NUMERIC(18,2) NOT NULL CHECK (amount >= 0),
    refunded_at TIMESTAMPTZ   NOT NULL,
    PRIMARY KEY (charge_id, refund_ref)
);

CREATE INDEX refunds_of_payment ON refunds (payment_id);

CREATE TABLE reversals (
    charge_id   TEXT          NOT NULL REFERENCES charges (id),
    payment_ref TEXT          NOT NULL,
    payment_id  TEXT          NOT NULL REFERENCES payments (id),
    reversed_at TIMESTAMPTZ   NOT NULL,
    PRIMARY KEY (charge_id, payment_ref)
);

CREATE INDEX reversals_of_payment ON reversals (payment_id);

-- The audit trail: "record" is what is hashed, the other columns repeat parts of it for queries.
CREATE TABLE payment_events (
    payment_id TEXT          NOT NULL REFERENCES payments (id),
    seq        BIGINT        NOT NULL CHECK (seq > 0),
    at         TIMESTAMPTZ   NOT NULL,
    actor      TEXT          NOT NULL,
    event      TEXT          NOT NULL CHECK (event IN (
        'payment_created', 'charge_intended', 'charge_opened', 'charge_unknown', 'charge_refused', 'charge_hidden',
        'charge_found', 'charge_moved', 'receipt_recorded', 'signal_disputed', 'withdrawn', 'cancel_asked',
        'webhook_settled', 'exception_raised', 'exception_resolved', 'simulated')),
    record     BYTEA         NOT NULL,
    PRIMARY KEY (payment_id, seq)
);

CREATE TABLE payment_event_bodies (
    payment_id TEXT          NOT NULL,
    seq        BIGINT        NOT NULL,
    position   BIGINT        NOT NULL,
    role       TEXT          NOT NULL CHECK (role IN ('request', 'response', 'callback')),
    digest     BYTEA         NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (payment_id, seq, position),
    FOREIGN KEY (payment_id, seq) REFERENCES payment_events (payment_id, seq)
);

-- Redacted bodies. Rows may be pruned: the chain holds their digests only.
CREATE TABLE payment_bodies (
    digest BYTEA         NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    body   BYTEA         NOT NULL
);

CREATE TABLE webhook_inbox (
    position    BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id          TEXT          NOT NULL UNIQUE,
    provider    TEXT          NOT NULL,
    account_id  TEXT          NOT NULL,
    digest      BYTEA         NOT NULL CHECK (length(digest) = 32),
    body        BYTEA         NOT NULL,
    received_at TIMESTAMPTZ   NOT NULL,
    deliveries  BIGINT        NOT NULL,
    attempts    BIGINT        NOT NULL,
    state       TEXT          NOT NULL CHECK (state IN ('open', 'done', 'parked', 'dead')),
    reason      TEXT,
    due_at      TIMESTAMPTZ   NOT NULL,
    lease_token TEXT,
    lease_until TIMESTAMPTZ   CHECK ((lease_until IS NULL) = (lease_token IS NULL)),
    UNIQUE (provider, account_id, digest)
);

CREATE INDEX webhook_inbox_states ON webhook_inbox (state, position);

CREATE TABLE outbox (
    position    BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id          TEXT          NOT NULL UNIQUE,
    merchant_id TEXT          NOT NULL,
    branch_id   TEXT,
    payment_id  TEXT          NOT NULL,
    order_code  TEXT          NOT NULL,
    revision    BIGINT        NOT NULL,
    at          TIMESTAMPTZ   NOT NULL,
    event       TEXT          NOT NULL CHECK (event IN ('status_changed', 'order_paid', 'exception_raised')),
    status      TEXT          CHECK (status IN (
        'pending', 'expired', 'canceled', 'failed', 'success', 'partially_refunded', 'refunded', 'reversed'))
                        CHECK ((status IS NULL) = (event <> 'status_changed')),
    paid_at     TIMESTAMPTZ   CHECK ((paid_at IS NULL) = (event <> 'order_paid')),
    attempts    BIGINT        NOT NULL,
    due_at      TIMESTAMPTZ   NOT NULL,
    lease_token TEXT,
    lease_until TIMESTAMPTZ   CHECK ((lease_until IS NULL) = (lease_token IS NULL)),
    sent_at     TIMESTAMPTZ
);

CREATE INDEX outbox_waiting ON outbox (position) WHERE sent_at IS NULL;

CREATE TABLE idempotency_keys (
    merchant_id   TEXT          NOT NULL,
    route         TEXT          NOT NULL,
    key           TEXT          NOT NULL,
    fingerprint   BYTEA         NOT NULL CHECK (length(fingerprint) = 32),
    payment_id    TEXT          NOT NULL,
    expires_at    TIMESTAMPTZ   NOT NULL,
    answer_status BIGINT,
    answer_body   BYTEA         CHECK ((answer_body IS NULL) = (answer_status IS NULL)),
    PRIMARY KEY (merchant_id, route, key)
);

CREATE INDEX idempotency_keys_of_payment ON idempotency_keys (payment_id);

-- The POS orders.
CREATE TABLE transactions (
    merchant_id        TEXT          NOT NULL,
    order_code         TEXT          NOT NULL,
    branch_id          TEXT,
    grand_total        NUMERIC(18,2) NOT NULL CHECK (grand_total >= 0),
    payment_method     TEXT,
    body               TEXT,
    created_at         TIMESTAMPTZ   NOT NULL,
    revision           BIGINT        NOT NULL CHECK (revision > 0),
    status             TEXT          NOT NULL CHECK (status IN (
        'draft', 'pending_payment', 'paid', 'synced', 'failed', 'expired', 'voided')),
    paid_at            TIMESTAMPTZ   CHECK ((paid_at IS NULL) = (status NOT IN ('paid', 'synced'))),
    paid_by            TEXT          CHECK (paid_by IN ('payment', 'cash'))
                               CHECK ((paid_by IS NULL) = (status NOT IN ('paid', 'synced'))),
    paid_by_payment_id TEXT          CHECK ((paid_by_payment_id IS NULL) = (paid_by IS DISTINCT FROM 'payment')),
    voided_at          TIMESTAMPTZ   CHECK ((voided_at IS NULL) = (status <> 'voided')),
    PRIMARY KEY (merchant_id, order_code)
);

-- Who holds an order's one displayed charge: at most one row an order.
CREATE TABLE live_orders (
    merchant_id TEXT          NOT NULL,
    order_code  TEXT          NOT NULL,
    payment_id  TEXT          NOT NULL,
    charge_id   TEXT          NOT NULL,
    PRIMARY KEY (merchant_id, order_code)
);

CREATE TABLE offline_entries (
    position          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    merchant_id       TEXT          NOT NULL,
    kind              TEXT          NOT NULL CHECK (kind IN ('transaction', 'payment', 'void')),
    reference         TEXT          NOT NULL,
    device_id         TEXT          NOT NULL,
    fingerprint       BYTEA         NOT NULL CHECK (length(fingerprint) = 32),
    created_at_device TIMESTAMPTZ   NOT NULL,
    received_at       TIMESTAMPTZ   NOT NULL,
    UNIQUE (merchant_id, kind, reference)
);

CREATE INDEX offline_entries_of_device ON offline_entries (merchant_id, device_id, position);

CREATE TABLE exceptions (
    id              TEXT          NOT NULL PRIMARY KEY,
    key             TEXT          NOT NULL,
    merchant_id     TEXT,
    order_code      TEXT,
    payment_id      TEXT,
    charge_id       TEXT,
    kind            TEXT          NOT NULL CHECK (kind IN (
        'late_paid', 'reversed', 'overpaid', 'underpaid', 'paid_twice', 'unmatched', 'paid_after_void',
        'account_mismatch', 'fee_on_qris', 'outcome_unknown', 'refund_failed')),
    subject_kind    TEXT          CHECK (subject_kind IN ('receipt', 'claim', 'refund')),
    subject         TEXT          CHECK ((subject IS NULL) = (subject_kind IS NULL)),
    expected_amount NUMERIC(18,2),
    amount          NUMERIC(18,2),
    currency        TEXT,
    at              TIMESTAMPTZ   NOT NULL,
    state           TEXT          NOT NULL CHECK (state IN ('open', 'resolved')),
    resolved_at     TIMESTAMPTZ   CHECK ((resolved_at IS NULL) = (state = 'open')),
    resolved_by     TEXT          CHECK ((resolved_by IS NULL) = (state = 'open')),
    resolution      TEXT          CHECK ((resolution IS NULL) = (state = 'open')),
    reason          TEXT          CHECK ((reason IS NULL) = (state = 'open'))
);

CREATE UNIQUE INDEX exceptions_once ON exceptions (coalesce(merchant_id, ''), key);
CREATE INDEX exceptions_of_merchant ON exceptions (merchant_id, at);
CREATE INDEX exceptions_of_payment ON exceptions (payment_id);

-- What nodes share for a minute or less. Neither is logged: after a crash the budget counts as evenly used, and
-- whoever still looks at a payment says so again.
CREATE UNLOGGED TABLE rate_budget (
    provider   TEXT  NOT NULL,
    account_id TEXT  NOT NULL,
    endpoint   TEXT  NOT NULL CHECK (endpoint IN ('open', 'inquire', 'cancel', 'refund', 'sweep')),
    sliding    TEXT  NOT NULL,
    PRIMARY KEY (provider, account_id, endpoint)
);

CREATE UNLOGGED TABLE watches (
    payment_id TEXT        NOT NULL PRIMARY KEY,
    until      TIMESTAMPTZ NOT NULL
);

CREATE INDEX watches_over ON watches (until);

-- Money and the audit trail are only ever added to, whoever asks.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER receipts_stay BEFORE DELETE ON receipts
    FOR EACH ROW EXECUTE FUNCTION refuse('receipts are never deleted');
CREATE TRIGGER receipts_are_kept BEFORE TRUNCATE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('receipts are never deleted');
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds
    FOR EACH ROW EXECUTE FUNCTION refuse('refunds are never deleted');
CREATE TRIGGER refunds_are_kept BEFORE TRUNCATE ON refunds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('refunds are never deleted');
CREATE TRIGGER reversals_stay BEFORE DELETE ON reversals
    FOR EACH ROW EXECUTE FUNCTION refuse('reversals are never deleted');
CREATE TRIGGER reversals_are_kept BEFORE TRUNCATE ON reversals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('reversals are never deleted');
CREATE TRIGGER payment_events_never_change BEFORE UPDATE ON payment_events
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never changed');
CREATE TRIGGER payment_events_stay BEFORE DELETE ON payment_events
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER payment_events_are_kept BEFORE TRUNCATE ON payment_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER payment_event_bodies_never_change BEFORE UPDATE ON payment_event_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never changed');
CREATE TRIGGER payment_event_bodies_stay BEFORE DELETE ON payment_event_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER payment_event_bodies_are_kept BEFORE TRUNCATE ON payment_event_bodies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE ON payment_bodies
    FOR EACH ROW EXECUTE FUNCTION refuse('kept bodies are never changed');

-- A kept body as text; what is no UTF-8 is shown escaped.
CREATE FUNCTION body_text(body BYTEA) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(body, 'UTF8');
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
    RETURN encode(body, 'escape');
END $$;

-- The payment row of MStore's existing services, under its own column names. A payment is shown with
-- the charge that the till is shown, else with its last.
CREATE VIEW seed_payments AS
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

-- What a gateway may do that is not the owner: grant this role to its user. It is shared by all databases of the
-- server. Where the owner may not create roles there is none, and the triggers alone guard the trail.
DO $$
BEGIN
    CREATE ROLE mstore_pay_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN RAISE NOTICE 'the role mstore_pay_app was not created';
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO mstore_pay_app', current_schema());
        GRANT SELECT, INSERT, UPDATE ON payments, payment_details, charges, receipts, refunds, reversals, outbox,
            webhook_inbox, transactions, exceptions TO mstore_pay_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys, live_orders, rate_budget, watches TO mstore_pay_app;
        GRANT SELECT, INSERT ON payment_events, payment_event_bodies, payment_bodies, offline_entries TO mstore_pay_app;
        GRANT SELECT ON seed_payments, __diesel_schema_migrations TO mstore_pay_app;
    END IF;
END $$;
