-- How long things are kept: a body for some time after the last record that speaks of it, a key for some time after it
-- expired. What was kept before counts from now on.
CREATE TABLE kept_bodies (
    digest  BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    body    BLOB    NOT NULL,
    kept_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000)
) STRICT;
INSERT INTO kept_bodies (digest, body) SELECT digest, body FROM payment_bodies;
DROP TABLE payment_bodies;
-- The view of the seed names the table all the while.
PRAGMA legacy_alter_table = ON;
ALTER TABLE kept_bodies RENAME TO payment_bodies;
PRAGMA legacy_alter_table = OFF;
CREATE TRIGGER payment_bodies_never_change BEFORE UPDATE OF digest, body ON payment_bodies
BEGIN SELECT RAISE(ABORT, 'kept bodies are never changed'); END;
CREATE INDEX payment_bodies_by_age ON payment_bodies (kept_at);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
