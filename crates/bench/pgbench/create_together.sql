-- The payments of `create.sql`, as many as `together` says in every statement and every commit: what these rows cost the server
-- where that much is shared.
\set n :n + :together
\set first :run * 100000000000 + :client_id * 100000000 + :n
\set last :first + :together - 1
BEGIN;
INSERT INTO payments (id, merchant_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision, intake,
  display, reference_kind, audit_seq, audit_head, check_count, status, due_at, lease_token, lease_until, lease_holder, updated_at)
SELECT 'pay_' || lpad(to_hex(n), 32, '0'), 'M1', 'TRX-' || n, 'qris', 'QR_CODE', 33000.00, 1, now(), now() + interval '5 min', 1,
  'open', 'shown', 'unset', 2, sha256('head'), 0, 'pending', 'epoch', 'lse_' || lpad(to_hex(n), 32, '0'), now() + interval '15 s', 1,
  now()
FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO payment_details (payment_id, metadata)
SELECT 'pay_' || lpad(to_hex(n), 32, '0'), '{}' FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO charges (id, payment_id, position, merchant_id, order_code, provider, account_id, our_reference, risk, created_at,
  opening, closing, status)
SELECT 'chg_' || lpad(to_hex(n), 32, '0'), 'pay_' || lpad(to_hex(n), 32, '0'), 0, 'M1', 'TRX-' || n, 'xendit', 'main',
  'TRX-' || n || '~34wk5x7ay', 'displayed', now(), 'intended', 'not_asked', 'initiated'
FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO live_orders (merchant_id, order_code, payment_id, charge_id)
SELECT 'M1', 'TRX-' || n, 'pay_' || lpad(to_hex(n), 32, '0'), 'chg_' || lpad(to_hex(n), 32, '0')
FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO idempotency_keys (merchant_id, route, key, fingerprint, payment_id, expires_at)
SELECT 'M1', 'POST /api/v1/pos/payments', 'key-of-TRX-' || n, sha256('key'), 'pay_' || lpad(to_hex(n), 32, '0'),
  now() + interval '1 day'
FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO outbox (id, merchant_id, payment_id, order_code, revision, at, event, status, attempts, due_at)
SELECT 'msg_' || lpad(to_hex(n), 32, '0'), 'M1', 'pay_' || lpad(to_hex(n), 32, '0'), 'TRX-' || n, 1, now(), 'status_changed',
  'pending', 0, clock_timestamp()
FROM generate_series(:first::bigint, :last::bigint) AS n;
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
SELECT 'pay_' || lpad(to_hex(n), 32, '0'), seq, now(), 'user:1', event, convert_to(repeat('x', bytes), 'UTF8')
FROM generate_series(:first::bigint, :last::bigint) AS n
  CROSS JOIN (VALUES (1, 'payment_created', 243), (2, 'charge_intended', 310)) AS told (seq, event, bytes);
COMMIT;
BEGIN;
UPDATE payments SET revision = 2, intake = 'closed', reference_kind = 'provider', reference_id = 'pr-0000' || substr(id, 5),
  audit_seq = 4, audit_head = sha256('next'), due_at = now() + interval '10 s', lease_token = NULL, lease_until = NULL,
  lease_holder = NULL, updated_at = now()
WHERE id = ANY (ARRAY(SELECT 'pay_' || lpad(to_hex(n), 32, '0') FROM generate_series(:first::bigint, :last::bigint) AS n));
UPDATE charges SET opening = 'opened', opening_at = now(), provider_ref = 'pr-0000' || substr(id, 5),
  payable_until = now() + interval '2 days', artefact = 'qr', qr_string = repeat('q', 221), status = 'pending'
WHERE id = ANY (ARRAY(SELECT 'chg_' || lpad(to_hex(n), 32, '0') FROM generate_series(:first::bigint, :last::bigint) AS n));
UPDATE idempotency_keys SET answer_status = 200, answer_body = convert_to(repeat('a', 1198), 'UTF8')
WHERE merchant_id = 'M1' AND route = 'POST /api/v1/pos/payments'
  AND key = ANY (ARRAY(SELECT 'key-of-TRX-' || n FROM generate_series(:first::bigint, :last::bigint) AS n));
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
SELECT 'pay_' || lpad(to_hex(n), 32, '0'), seq, now(), 'user:1', event, convert_to(repeat('x', bytes), 'UTF8')
FROM generate_series(:first::bigint, :last::bigint) AS n
  CROSS JOIN (VALUES (3, 'charge_opened', 369), (4, 'charge_moved', 273)) AS told (seq, event, bytes);
INSERT INTO payment_event_bodies (payment_id, seq, position, role, digest)
SELECT 'pay_' || lpad(to_hex(n), 32, '0'), 3, position, role, sha256((role || n)::bytea)
FROM generate_series(:first::bigint, :last::bigint) AS n CROSS JOIN (VALUES (0, 'request'), (1, 'response')) AS said (position, role);
INSERT INTO payment_bodies (digest, body, kept_at)
SELECT sha256((role || n)::bytea), convert_to(repeat('b', bytes), 'UTF8'), now()
FROM generate_series(:first::bigint, :last::bigint) AS n CROSS JOIN (VALUES ('request', 191), ('response', 697)) AS said (role, bytes);
COMMIT;
