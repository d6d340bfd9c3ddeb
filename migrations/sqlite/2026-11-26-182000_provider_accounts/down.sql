DROP TABLE provider_account_notes;
DROP TABLE provider_accounts;
