-- So many paid payments of a year and a hundred merchants, as the gateway leaves them once what is kept for days only has
-- gone: their rows, bytes and indexes, and their audit trail with its anchors. Not the bodies of what providers said, messages and
-- deliveries. Rows are written as they ended; foreign keys and triggers are off meanwhile, for speed. Audit records have the bytes
-- of real ones but are no chain, and digests name bodies that are not here. Behind an anchor of a thousand heads, or of the day before,
-- the gateway would look for more at once.
BEGIN;
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE sold ON COMMIT DROP AS
SELECT n, lpad(to_hex(n), 32, '0') AS id, 'M' || n % 100 + 1 AS merchant, 'OLD-' || n AS code,
  now() - interval '1 year' * (:payments - n + 1) / :payments AS at
FROM generate_series(1, :payments) AS n;
INSERT INTO payments (id, merchant_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision, intake,
  display, reference_kind, reference_id, audit_seq, audit_head, check_count, status, paid_at, updated_at)
SELECT 'pay_' || id, merchant, code, 'qris', 'QR_CODE', 33000.00, 1, at, at + interval '5 min', 3, 'closed', 'shown', 'provider',
  'pr-' || lpad(id, 36, '0'), 7, sha256(id::bytea), 0, 'success', at + interval '30 s', at + interval '31 s'
FROM sold;
INSERT INTO payment_details (payment_id, metadata) SELECT 'pay_' || id, '{}' FROM sold;
INSERT INTO charges (id, payment_id, position, merchant_id, order_code, provider, account_id, our_reference, risk, created_at,
  opening, opening_at, provider_ref, payable_until, artefact, qr_string, closing, status)
SELECT 'chg_' || id, 'pay_' || id, 0, merchant, code, 'xendit', 'main', code || '~34wk5x7ay', 'displayed', at, 'opened', at,
  'pr-' || lpad(id, 36, '0'), at + interval '2 days', 'qr', repeat('q', 221), 'not_asked', 'paid'
FROM sold;
INSERT INTO receipts (provider, account_id, payment_ref, charge_id, payment_id, amount, currency, paid_at, payer_issuer,
  payer_name, payer_receipt_id)
SELECT 'xendit', 'main', 'py-' || lpad(id, 36, '0'), 'chg_' || id, 'pay_' || id, 33000.00, 'IDR', at + interval '30 s', 'GOPAY',
  'SANDBOX CUSTOMER', right(id, 12)
FROM sold;
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
SELECT 'pay_' || id, seq, at, actor, event, convert_to(repeat('x', bytes), 'UTF8')
FROM sold CROSS JOIN (VALUES (1, 'user:1', 'payment_created', 243), (2, 'user:1', 'charge_intended', 310),
  (3, 'user:1', 'charge_opened', 369), (4, 'user:1', 'charge_moved', 273), (5, 'provider', 'charge_moved', 271),
  (6, 'provider', 'receipt_recorded', 285), (7, 'provider', 'webhook_settled', 319)) AS told (seq, actor, event, bytes);
INSERT INTO payment_event_bodies (payment_id, seq, position, role, digest)
SELECT 'pay_' || id, seq, position, role, sha256((id || role || seq)::bytea)
FROM sold CROSS JOIN (VALUES (3, 0, 'request'), (3, 1, 'response'), (6, 0, 'response'), (7, 0, 'callback'))
  AS said (seq, position, role);
INSERT INTO audit_anchors (seq, at, previous, digest)
SELECT (n - 1) / 999 + 1, max(at), sha256(((n - 1) / 999)::text::bytea), sha256(((n - 1) / 999 + 1)::text::bytea)
FROM sold GROUP BY (n - 1) / 999;
INSERT INTO anchored_heads (payment_id, audit_seq, audit_head, anchor_seq)
SELECT 'pay_' || id, 7, sha256(id::bytea), (n - 1) / 999 + 1 FROM sold;
COMMIT;
