-- Why something was done to an account or an endpoint, where whoever did it said so. What was noted before, and what
-- gateways of the version before note, has none.
ALTER TABLE provider_account_notes ADD COLUMN reason TEXT;
ALTER TABLE event_endpoint_notes ADD COLUMN reason TEXT;
