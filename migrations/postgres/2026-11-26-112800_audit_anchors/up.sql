-- Anchors of the audit trail: the heads of all chains that had moved, each anchor naming the digest of the
-- one before.
CREATE TABLE audit_anchors (
    seq      BIGINT      NOT NULL PRIMARY KEY CHECK (seq > 0),
    at       TIMESTAMPTZ NOT NULL,
    previous BYTEA       NOT NULL CHECK (length(previous) = 32),
    digest   BYTEA       NOT NULL CHECK (length(digest) = 32)
);

CREATE TABLE anchored_heads (
    payment_id TEXT   NOT NULL REFERENCES payments (id),
    audit_seq  BIGINT NOT NULL CHECK (audit_seq > 0),
    audit_head BYTEA  NOT NULL CHECK (length(audit_head) = 32),
    anchor_seq BIGINT NOT NULL REFERENCES audit_anchors (seq),
    PRIMARY KEY (payment_id, audit_seq)
);

CREATE INDEX anchored_heads_of_anchor ON anchored_heads (anchor_seq, payment_id);

CREATE TRIGGER audit_anchors_never_change BEFORE UPDATE ON audit_anchors
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never changed');
CREATE TRIGGER audit_anchors_stay BEFORE DELETE ON audit_anchors
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never deleted');
CREATE TRIGGER audit_anchors_are_kept BEFORE TRUNCATE ON audit_anchors
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('anchors are never deleted');
CREATE TRIGGER anchored_heads_never_change BEFORE UPDATE ON anchored_heads
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never changed');
CREATE TRIGGER anchored_heads_stay BEFORE DELETE ON anchored_heads
    FOR EACH ROW EXECUTE FUNCTION refuse('anchors are never deleted');
CREATE TRIGGER anchored_heads_are_kept BEFORE TRUNCATE ON anchored_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('anchors are never deleted');

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT ON audit_anchors, anchored_heads TO mstore_pay_app;
    END IF;
END $$;
