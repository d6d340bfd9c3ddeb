-- What persons decided that is on no payment's chain, or on more than one: a chain per merchant.
CREATE TABLE merchant_heads (
    merchant_id TEXT   NOT NULL PRIMARY KEY,
    audit_seq   BIGINT NOT NULL CHECK (audit_seq >= 0),
    audit_head  BYTEA  NOT NULL CHECK (length(audit_head) = 32)
);

CREATE TABLE merchant_events (
    merchant_id TEXT        NOT NULL REFERENCES merchant_heads (merchant_id),
    seq         BIGINT      NOT NULL CHECK (seq > 0),
    at          TIMESTAMPTZ NOT NULL,
    actor       TEXT        NOT NULL,
    event       TEXT        NOT NULL,
    record      BYTEA       NOT NULL,
    PRIMARY KEY (merchant_id, seq)
);

CREATE TABLE anchored_merchants (
    merchant_id TEXT   NOT NULL REFERENCES merchant_heads (merchant_id),
    audit_seq   BIGINT NOT NULL CHECK (audit_seq > 0),
    audit_head  BYTEA  NOT NULL CHECK (length(audit_head) = 32),
    anchor_seq  BIGINT NOT NULL REFERENCES audit_anchors (seq),
    PRIMARY KEY (merchant_id, audit_seq)
);

CREATE INDEX anchored_merchants_of_anchor ON anchored_merchants (anchor_seq, merchant_id);

CREATE TRIGGER merchant_events_never_change BEFORE UPDATE ON merchant_events
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never changed');
CREATE TRIGGER merchant_events_stay BEFORE DELETE ON merchant_events
    FOR EACH ROW EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER merchant_events_are_kept BEFORE TRUNCATE ON merchant_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('audit records are never deleted');
CREATE TRIGGER anchored_merchants_never_change BEFORE UPDATE ON anchored_merchants
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never changed');
CREATE TRIGGER anchored_merchants_stay BEFORE DELETE ON anchored_merchants
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never deleted');
CREATE TRIGGER anchored_merchants_are_kept BEFORE TRUNCATE ON anchored_merchants
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('anchors are never deleted');

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT ON merchant_events, anchored_merchants TO mstore_pay_app;
        GRANT SELECT, INSERT, UPDATE ON merchant_heads TO mstore_pay_app;
    END IF;
END $$;
