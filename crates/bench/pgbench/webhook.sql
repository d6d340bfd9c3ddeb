-- A webhook as the gateway leaves it: taken in with one commit, settled with another. The payments are those that
-- `create.sql` made in run 0; which of them a delivery pays is drawn.
\set n :n + 1
\set id :run * 100000000000 + :client_id * 100000000 + :n
\set paid random(0, :clients - 1) * 100000000 + random(1, :rows)
INSERT INTO webhook_inbox (id, provider, account_id, digest, body, received_at, deliveries, attempts, state, due_at, lease_token,
  lease_until, lease_holder)
VALUES ('dlv_' || lpad(to_hex(:id::bigint), 32, '0'), 'xendit', 'main', sha256(('webhook' || (:id::bigint)::text)::bytea),
  convert_to(repeat('w', 834), 'UTF8'), now(), 1, 0, 'open', clock_timestamp(), 'lse_' || lpad(to_hex(:id::bigint), 32, '0'),
  clock_timestamp() + interval '30 s', 1)
ON CONFLICT (provider, account_id, digest) DO NOTHING;
BEGIN;
UPDATE payments SET revision = revision + 1, audit_seq = audit_seq + 3, audit_head = sha256('last'), status = 'success',
  paid_at = now(), due_at = NULL, updated_at = now()
WHERE id = 'pay_' || lpad(to_hex(:paid::bigint), 32, '0');
UPDATE charges SET status = 'paid' WHERE id = 'chg_' || lpad(to_hex(:paid::bigint), 32, '0');
INSERT INTO receipts (provider, account_id, payment_ref, charge_id, payment_id, amount, currency, paid_at, payer_issuer, payer_name,
  payer_receipt_id)
VALUES ('xendit', 'main', 'py-' || lpad(to_hex(:id::bigint), 36, '0'), 'chg_' || lpad(to_hex(:paid::bigint), 32, '0'),
  'pay_' || lpad(to_hex(:paid::bigint), 32, '0'), 33000.00, 'IDR', now(), 'GOPAY', 'SANDBOX CUSTOMER', '60aec6622fb8');
DELETE FROM live_orders WHERE merchant_id = 'M1' AND order_code = 'TRX-' || (:paid::bigint)::text;
UPDATE webhook_inbox SET state = 'done', lease_token = NULL, lease_until = NULL, lease_holder = NULL
WHERE id = 'dlv_' || lpad(to_hex(:id::bigint), 32, '0');
INSERT INTO outbox (id, merchant_id, payment_id, order_code, revision, at, event, status, attempts, due_at, paid_at)
VALUES ('msg_a' || lpad(to_hex(:id::bigint), 31, '0'), 'M1', 'pay_' || lpad(to_hex(:paid::bigint), 32, '0'),
    'TRX-' || (:paid::bigint)::text, 3, now(), 'status_changed', 'success', 0, clock_timestamp(), NULL),
  ('msg_b' || lpad(to_hex(:id::bigint), 31, '0'), 'M1', 'pay_' || lpad(to_hex(:paid::bigint), 32, '0'),
    'TRX-' || (:paid::bigint)::text, 3, now(), 'order_paid', NULL, 0, clock_timestamp(), now());
INSERT INTO payment_events (payment_id, seq, at, actor, event, record)
SELECT id, audit_seq - 2 + part, now(), 'provider', word, convert_to(repeat('x', bytes), 'UTF8')
FROM payments, (VALUES (0, 'charge_moved', 271), (1, 'receipt_recorded', 285), (2, 'webhook_settled', 319)) AS parts (part, word, bytes)
WHERE id = 'pay_' || lpad(to_hex(:paid::bigint), 32, '0');
INSERT INTO payment_event_bodies (payment_id, seq, position, role, digest)
SELECT id, audit_seq - 1 + part, 0, word, sha256((word || (:id::bigint)::text)::bytea)
FROM payments, (VALUES (0, 'response'), (1, 'callback')) AS parts (part, word)
WHERE id = 'pay_' || lpad(to_hex(:paid::bigint), 32, '0');
INSERT INTO payment_bodies (digest, body, kept_at)
VALUES (sha256(('response' || (:id::bigint)::text)::bytea), convert_to(repeat('b', 706), 'UTF8'), now()),
  (sha256(('callback' || (:id::bigint)::text)::bytea), convert_to(repeat('b', 834), 'UTF8'), now());
COMMIT;
