-- Anchors of the audit trail: the heads of all chains that had moved, each anchor naming the digest of the
-- one before.
CREATE TABLE audit_anchors (
    seq      INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at       INTEGER NOT NULL,
    previous BLOB    NOT NULL CHECK (length(previous) = 32),
    digest   BLOB    NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE TABLE anchored_heads (
    payment_id TEXT    NOT NULL REFERENCES payments (id),
    audit_seq  INTEGER NOT NULL CHECK (audit_seq > 0),
    audit_head BLOB    NOT NULL CHECK (length(audit_head) = 32),
    anchor_seq INTEGER NOT NULL REFERENCES audit_anchors (seq),
    PRIMARY KEY (payment_id, audit_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX anchored_heads_of_anchor ON anchored_heads (anchor_seq, payment_id);

CREATE TRIGGER audit_anchors_never_change BEFORE UPDATE ON audit_anchors
BEGIN SELECT RAISE(ABORT, 'anchors are never changed'); END;
CREATE TRIGGER audit_anchors_stay BEFORE DELETE ON audit_anchors
BEGIN SELECT RAISE(ABORT, 'anchors are never deleted'); END;
CREATE TRIGGER anchored_heads_never_change BEFORE UPDATE ON anchored_heads
BEGIN SELECT RAISE(ABORT, 'anchors are never changed'); END;
CREATE TRIGGER anchored_heads_stay BEFORE DELETE ON anchored_heads
BEGIN SELECT RAISE(ABORT, 'anchors are never deleted'); END;
