-- What `postgres.sql` leaves, on SQLite, whose file nobody else has open; digests are drawn, and records are of zeros. Triggers
-- stay on: none is on inserts. No statistics are made, since the gateway makes none there.
-- Without a journal, for speed: a file that is half-filled is of no use anyway. The gateway turns its own on.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA foreign_keys = OFF;
PRAGMA cache_size = -1048576;
BEGIN;
CREATE TEMP TABLE begun AS SELECT unixepoch() * 1000000 AS at;
CREATE TEMP VIEW sold AS
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :payments)
SELECT n, printf('%032x', n) AS id, 'M' || (n % 100 + 1) AS merchant, 'OLD-' || n AS code,
  begun.at - 31536000000000 / :payments * (:payments - n + 1) AS at
FROM counted CROSS JOIN begun;
INSERT INTO payments (id, merchant_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision, intake,
  display, reference_kind, reference_id, audit_seq, audit_head, check_count, status, paid_at, updated_at)
SELECT 'pay_' || id, merchant, code, 'qris', 'QR_CODE', 3300000, 1, at, at + 300000000, 3, 'closed', 'shown', 'provider',
  'pr-0000' || id, 7, randomblob(32), 0, 'success', at + 30000000, at + 31000000
FROM sold;
INSERT INTO payment_details (payment_id, metadata) SELECT 'pay_' || id, '{}' FROM sold;
INSERT INTO charges (id, payment_id, position, merchant_id, order_code, provider, account_id, our_reference, risk, created_at,
  opening, opening_at, provider_ref, payable_until, artefact, qr_string, closing, status)
SELECT 'chg_' || id, 'pay_' || id, 0, merchant, code, 'xendit', 'main', code || '~34wk5x7ay', 'displayed', at, 'opened', at,
  'pr-0000' || id, at + 172800000000, 'qr', printf('%.221c', 'q'), 'not_asked', 'paid'
FROM sold;
INSERT INTO receipts (provider, account_id, payment_ref, charge_id, payment_id, amount, currency, paid_at, payer_issuer,
  payer_name, payer_receipt_id)
SELECT 'xendit', 'main', 'py-0000' || id, 'chg_' || id, 'pay_' || id, 3300000, 'IDR', at + 30000000, 'GOPAY',
  'SANDBOX CUSTOMER', substr(id, -12)
FROM sold;
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
SELECT 'pay_' || id, seq, at, actor, event, zeroblob(bytes)
FROM sold CROSS JOIN (SELECT 1 AS seq, 'user:1' AS actor, 'payment_created' AS event, 243 AS bytes
  UNION ALL SELECT 2, 'user:1', 'charge_intended', 310 UNION ALL SELECT 3, 'user:1', 'charge_opened', 369
  UNION ALL SELECT 4, 'user:1', 'charge_moved', 273 UNION ALL SELECT 5, 'provider', 'charge_moved', 271
  UNION ALL SELECT 6, 'provider', 'receipt_recorded', 285 UNION ALL SELECT 7, 'provider', 'webhook_settled', 319);
INSERT INTO payment_event_bodies (payment_id, seq, position, role, digest)
SELECT 'pay_' || id, seq, position, role, randomblob(32)
FROM sold CROSS JOIN (SELECT 3 AS seq, 0 AS position, 'request' AS role UNION ALL SELECT 3, 1, 'response'
  UNION ALL SELECT 6, 0, 'response' UNION ALL SELECT 7, 0, 'callback');
INSERT INTO audit_anchors (seq, at, previous, digest)
SELECT (n - 1) / 999 + 1, max(at), zeroblob(32), zeroblob(32) FROM sold GROUP BY (n - 1) / 999;
INSERT INTO anchored_heads (payment_id, audit_seq, audit_head, anchor_seq)
SELECT payments.id, payments.audit_seq, payments.audit_head, (n - 1) / 999 + 1
FROM sold CROSS JOIN payments ON payments.id = 'pay_' || sold.id;
COMMIT;
