DELETE FROM rate_budget WHERE endpoint = 'payment';
ALTER TABLE rate_budget DROP CONSTRAINT rate_budget_endpoint_check;
ALTER TABLE rate_budget ADD CONSTRAINT rate_budget_endpoint_check
    CHECK (endpoint IN ('open', 'inquire', 'cancel', 'refund', 'sweep'));
