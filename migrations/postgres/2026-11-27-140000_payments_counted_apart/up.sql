-- Payments asked about by their own ids have a window of their own (`Endpoint::Payment`).
ALTER TABLE rate_budget DROP CONSTRAINT rate_budget_endpoint_check;
ALTER TABLE rate_budget ADD CONSTRAINT rate_budget_endpoint_check
    CHECK (endpoint IN ('open', 'inquire', 'payment', 'cancel', 'refund', 'sweep'));
