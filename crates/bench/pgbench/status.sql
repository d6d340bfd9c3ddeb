-- What a status answer is made of, in one statement: as `pgbench -S` is, with the rows of ours.
\set n random(1, :rows)
\set id :run * 100000000000 + random(0, :clients - 1) * 100000000 + :n
SELECT * FROM payments JOIN payment_details ON payment_details.payment_id = payments.id
  JOIN charges ON charges.payment_id = payments.id
WHERE payments.id = 'pay_' || lpad(to_hex(:id::bigint), 32, '0') AND payments.merchant_id = 'M1';
