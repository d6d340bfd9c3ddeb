-- A payment as the gateway leaves it: the rows, their bytes, and the two commits of a create, by whoever would write
-- them by hand. The first unit is the intent, the second the provider's answer. Ids grow as UUIDv7 do.
\set n :n + 1
\set id :run * 100000000000 + :client_id * 100000000 + :n
BEGIN;
INSERT INTO payments (id, merchant_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision, intake,
  display, reference_kind, audit_seq, audit_head, check_count, status, due_at, lease_token, lease_until, lease_holder, updated_at)
VALUES ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 'M1', 'TRX-' || (:id::bigint)::text, 'qris', 'QR_CODE', 33000.00, 1, now(),
  now() + interval '5 min', 1, 'open', 'shown', 'unset', 2, sha256('head'), 0, 'pending', 'epoch',
  'lse_' || lpad(to_hex(:id::bigint), 32, '0'), now() + interval '15 s', 1, now());
INSERT INTO payment_details (payment_id, metadata) VALUES ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), '{}');
INSERT INTO charges (id, payment_id, position, merchant_id, order_code, provider, account_id, our_reference, risk, created_at,
  opening, closing, status)
VALUES ('chg_' || lpad(to_hex(:id::bigint), 32, '0'), 'pay_' || lpad(to_hex(:id::bigint), 32, '0'), 0, 'M1',
  'TRX-' || (:id::bigint)::text, 'xendit', 'main', 'TRX-' || (:id::bigint)::text || '~34wk5x7ay', 'displayed', now(), 'intended',
  'not_asked', 'initiated');
INSERT INTO live_orders (merchant_id, order_code, payment_id, charge_id)
VALUES ('M1', 'TRX-' || (:id::bigint)::text, 'pay_' || lpad(to_hex(:id::bigint), 32, '0'),
  'chg_' || lpad(to_hex(:id::bigint), 32, '0'));
INSERT INTO idempotency_keys (merchant_id, route, key, fingerprint, payment_id, expires_at)
VALUES ('M1', 'POST /api/v1/pos/payments', 'key-of-TRX-' || (:id::bigint)::text, sha256('key'),
  'pay_' || lpad(to_hex(:id::bigint), 32, '0'), now() + interval '1 day');
INSERT INTO outbox (id, merchant_id, payment_id, order_code, revision, at, event, status, attempts, due_at)
VALUES ('msg_' || lpad(to_hex(:id::bigint), 32, '0'), 'M1', 'pay_' || lpad(to_hex(:id::bigint), 32, '0'),
  'TRX-' || (:id::bigint)::text, 1, now(), 'status_changed', 'pending', 0, clock_timestamp());
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
VALUES ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 1, now(), 'user:1', 'payment_created', convert_to(repeat('x', 243), 'UTF8')),
  ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 2, now(), 'user:1', 'charge_intended', convert_to(repeat('x', 310), 'UTF8'));
COMMIT;
BEGIN;
UPDATE payments SET revision = 2, intake = 'closed', reference_kind = 'provider',
  reference_id = 'pr-' || lpad(to_hex(:id::bigint), 36, '0'), audit_seq = 4, audit_head = sha256('next'),
  due_at = now() + interval '10 s', lease_token = NULL, lease_until = NULL, lease_holder = NULL, updated_at = now()
WHERE id = 'pay_' || lpad(to_hex(:id::bigint), 32, '0');
UPDATE charges SET opening = 'opened', opening_at = now(), provider_ref = 'pr-' || lpad(to_hex(:id::bigint), 36, '0'),
  payable_until = now() + interval '2 days', artefact = 'qr', qr_string = repeat('q', 221), status = 'pending'
WHERE id = 'chg_' || lpad(to_hex(:id::bigint), 32, '0');
UPDATE idempotency_keys SET answer_status = 200, answer_body = convert_to(repeat('a', 1198), 'UTF8')
WHERE merchant_id = 'M1' AND route = 'POST /api/v1/pos/payments' AND key = 'key-of-TRX-' || (:id::bigint)::text;
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
VALUES ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 3, now(), 'user:1', 'charge_opened', convert_to(repeat('x', 369), 'UTF8')),
  ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 4, now(), 'user:1', 'charge_moved', convert_to(repeat('x', 273), 'UTF8'));
INSERT INTO payment_event_bodies (payment_id, seq, position, role, digest)
VALUES ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 3, 0, 'request', sha256(('request' || (:id::bigint)::text)::bytea)),
  ('pay_' || lpad(to_hex(:id::bigint), 32, '0'), 3, 1, 'response', sha256(('response' || (:id::bigint)::text)::bytea));
INSERT INTO payment_bodies (digest, body, kept_at)
VALUES (sha256(('request' || (:id::bigint)::text)::bytea), convert_to(repeat('b', 191), 'UTF8'), now()),
  (sha256(('response' || (:id::bigint)::text)::bytea), convert_to(repeat('b', 697), 'UTF8'), now());
COMMIT;
