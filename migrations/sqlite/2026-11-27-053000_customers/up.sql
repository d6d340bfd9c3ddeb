-- Those whose customer is to be forgotten some day are found without looking at all others.
CREATE INDEX payments_with_customer ON payment_details (payment_id)
    WHERE customer_email IS NOT NULL OR customer_phone IS NOT NULL OR customer_name IS NOT NULL;
