-- What persons decided that is on no payment's chain, or on more than one: a chain per merchant.
CREATE TABLE merchant_heads (
    merchant_id TEXT    NOT NULL PRIMARY KEY,
    audit_seq   INTEGER NOT NULL CHECK (audit_seq >= 0),
    audit_head  BLOB    NOT NULL CHECK (length(audit_head) = 32)
) STRICT;

CREATE TABLE merchant_events (
    merchant_id TEXT    NOT NULL REFERENCES merchant_heads (merchant_id),
    seq         INTEGER NOT NULL CHECK (seq > 0),
    at          INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    record      BLOB    NOT NULL,
    PRIMARY KEY (merchant_id, seq)
) STRICT;

CREATE TABLE anchored_merchants (
    merchant_id TEXT    NOT NULL REFERENCES merchant_heads (merchant_id),
    audit_seq   INTEGER NOT NULL CHECK (audit_seq > 0),
    audit_head  BLOB    NOT NULL CHECK (length(audit_head) = 32),
    anchor_seq  INTEGER NOT NULL REFERENCES audit_anchors (seq),
    PRIMARY KEY (merchant_id, audit_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX anchored_merchants_of_anchor ON anchored_merchants (anchor_seq, merchant_id);

CREATE TRIGGER merchant_events_never_change BEFORE UPDATE ON merchant_events
BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER merchant_events_stay BEFORE DELETE ON merchant_events
BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
CREATE TRIGGER anchored_merchants_never_change BEFORE UPDATE ON anchored_merchants
BEGIN SELECT RAISE(ABORT, 'anchors are never changed'); END;
CREATE TRIGGER anchored_merchants_stay BEFORE DELETE ON anchored_merchants
BEGIN SELECT RAISE(ABORT, 'anchors are never deleted'); END;
