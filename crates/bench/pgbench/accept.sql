-- A webhook taken in, and nothing else.
\set n :n + 1
\set id :run * 100000000000 + :client_id * 100000000 + :n
INSERT INTO webhook_inbox (id, provider, account_id, digest, body, received_at, deliveries, attempts, state, due_at, lease_token,
  lease_until, lease_holder)
VALUES ('dlv_' || lpad(to_hex(:id::bigint), 32, '0'), 'xendit', 'main', sha256(('webhook' || (:id::bigint)::text)::bytea),
  convert_to(repeat('w', 834), 'UTF8'), now(), 1, 0, 'open', clock_timestamp(), 'lse_' || lpad(to_hex(:id::bigint), 32, '0'),
  clock_timestamp() + interval '30 s', 1)
ON CONFLICT (provider, account_id, digest) DO NOTHING;
