-- A merchant's payments, or a branch's, newest first; and the payment behind the number on a customer's phone.
CREATE INDEX payments_of_merchant ON payments (merchant_id, created_at, id);
CREATE INDEX payments_of_branch ON payments (merchant_id, branch_id, created_at, id) WHERE branch_id IS NOT NULL;
CREATE INDEX receipts_by_payer_receipt ON receipts (payer_receipt_id) WHERE payer_receipt_id IS NOT NULL;
