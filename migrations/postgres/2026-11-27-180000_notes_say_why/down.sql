ALTER TABLE event_endpoint_notes DROP COLUMN reason;
ALTER TABLE provider_account_notes DROP COLUMN reason;
