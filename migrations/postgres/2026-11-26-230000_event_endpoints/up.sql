-- Where merchants' back ends hear of events. What they are signed with is sealed (AES-256-GCM, under the key that
-- `key_id` names). `told_to` is the place in the feed up to which dispatches were made; the last columns are kept by
-- whoever tells the endpoint.
CREATE TABLE event_endpoints (
    merchant_id    TEXT        NOT NULL,
    id             TEXT        NOT NULL,
    branch_id      TEXT,
    url            TEXT        NOT NULL,
    state          TEXT        NOT NULL CHECK (state IN ('enabled', 'disabled', 'failed', 'gone')),
    key_id         TEXT        NOT NULL,
    signing        BYTEA       NOT NULL,
    previous       BYTEA,
    previous_until TIMESTAMPTZ CHECK ((previous_until IS NULL) = (previous IS NULL)),
    revision       BIGINT      NOT NULL CHECK (revision > 0),
    created_at     TIMESTAMPTZ NOT NULL,
    told_to        BIGINT      NOT NULL,
    failing_since  TIMESTAMPTZ,
    failures       BIGINT      NOT NULL DEFAULT 0 CHECK (failures >= 0),
    rest_until     TIMESTAMPTZ,
    claimed_at     TIMESTAMPTZ,
    PRIMARY KEY (merchant_id, id),
    UNIQUE (id)
);

-- Who did what to an endpoint, and when.
CREATE TABLE event_endpoint_notes (
    merchant_id TEXT        NOT NULL,
    endpoint_id TEXT        NOT NULL,
    seq         BIGINT      NOT NULL CHECK (seq > 0),
    at          TIMESTAMPTZ NOT NULL,
    actor       TEXT        NOT NULL,
    event       TEXT        NOT NULL CHECK (event IN (
        'added', 'rotated', 'enabled', 'disabled', 'failed', 'gone', 'resealed')),
    PRIMARY KEY (merchant_id, endpoint_id, seq),
    FOREIGN KEY (merchant_id, endpoint_id) REFERENCES event_endpoints (merchant_id, id)
);

-- A message on its way to an endpoint; gone when it arrived, or when the message goes.
CREATE TABLE event_dispatches (
    merchant_id  TEXT        NOT NULL,
    endpoint_id  TEXT        NOT NULL,
    position     BIGINT      NOT NULL REFERENCES outbox (position) ON DELETE CASCADE,
    payment_id   TEXT        NOT NULL,
    attempts     BIGINT      NOT NULL DEFAULT 0,
    due_at       TIMESTAMPTZ NOT NULL,
    lease_token  TEXT,
    lease_until  TIMESTAMPTZ CHECK ((lease_until IS NULL) = (lease_token IS NULL)),
    lease_holder INTEGER,
    PRIMARY KEY (merchant_id, endpoint_id, position),
    FOREIGN KEY (merchant_id, endpoint_id) REFERENCES event_endpoints (merchant_id, id)
);

CREATE INDEX event_dispatches_of_payment ON event_dispatches (merchant_id, endpoint_id, payment_id, position);
CREATE INDEX event_dispatches_of_message ON event_dispatches (position);
CREATE INDEX event_dispatches_held ON event_dispatches (merchant_id, endpoint_id) WHERE lease_token IS NOT NULL;

CREATE TRIGGER event_endpoints_stay BEFORE DELETE ON event_endpoints
    FOR EACH ROW EXECUTE FUNCTION refuse('endpoints are never deleted');
CREATE TRIGGER event_endpoints_are_kept BEFORE TRUNCATE ON event_endpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('endpoints are never deleted');
CREATE TRIGGER event_endpoint_notes_never_change BEFORE UPDATE ON event_endpoint_notes
    FOR EACH ROW EXECUTE FUNCTION refuse('notes on endpoints are never changed');
CREATE TRIGGER event_endpoint_notes_stay BEFORE DELETE ON event_endpoint_notes
    FOR EACH ROW EXECUTE FUNCTION refuse('notes on endpoints are never deleted');
CREATE TRIGGER event_endpoint_notes_are_kept BEFORE TRUNCATE ON event_endpoint_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('notes on endpoints are never deleted');

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT, UPDATE ON event_endpoints TO mstore_pay_app;
        GRANT SELECT, INSERT ON event_endpoint_notes TO mstore_pay_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON event_dispatches TO mstore_pay_app;
    END IF;
END $$;
