-- Accounts of merchants' own at providers. What is secret of them is sealed (AES-256-GCM, under the key that
-- `key_id` names); a webhook secret that is not there is the credential.
CREATE TABLE provider_accounts (
    merchant_id            TEXT        NOT NULL,
    provider               TEXT        NOT NULL,
    id                     TEXT        NOT NULL CHECK (id <> 'main'),
    branch_id              TEXT,
    mode                   TEXT        NOT NULL CHECK (mode IN ('test', 'live')),
    state                  TEXT        NOT NULL CHECK (state IN ('enabled', 'disabled')),
    for_user_id            TEXT,
    provider_merchant_id   TEXT,
    nmid                   TEXT,
    methods                TEXT,
    limits                 TEXT        NOT NULL,
    key_id                 TEXT        NOT NULL,
    credential             BYTEA       NOT NULL,
    webhook_secret         BYTEA,
    webhook_previous       BYTEA,
    webhook_previous_until TIMESTAMPTZ CHECK ((webhook_previous_until IS NULL) = (webhook_previous IS NULL)),
    revision               BIGINT      NOT NULL CHECK (revision > 0),
    created_at             TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (merchant_id, provider, id),
    UNIQUE (provider, id)
);

CREATE UNIQUE INDEX provider_accounts_in_use ON provider_accounts (merchant_id, provider, coalesce(branch_id, ''))
    WHERE state = 'enabled';
CREATE INDEX provider_accounts_by_provider_name ON provider_accounts (provider, provider_merchant_id)
    WHERE provider_merchant_id IS NOT NULL;

-- Who did what to an account, and when.
CREATE TABLE provider_account_notes (
    merchant_id TEXT        NOT NULL,
    provider    TEXT        NOT NULL,
    account_id  TEXT        NOT NULL,
    seq         BIGINT      NOT NULL CHECK (seq > 0),
    at          TIMESTAMPTZ NOT NULL,
    actor       TEXT        NOT NULL,
    event       TEXT        NOT NULL CHECK (event IN (
        'added', 'credential_rotated', 'webhook_secret_rotated', 'disabled', 'enabled', 'resealed')),
    PRIMARY KEY (merchant_id, provider, account_id, seq),
    FOREIGN KEY (merchant_id, provider, account_id) REFERENCES provider_accounts (merchant_id, provider, id)
);

CREATE TRIGGER provider_accounts_stay BEFORE DELETE ON provider_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse('accounts are never deleted');
CREATE TRIGGER provider_accounts_are_kept BEFORE TRUNCATE ON provider_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('accounts are never deleted');
CREATE TRIGGER provider_account_notes_never_change BEFORE UPDATE ON provider_account_notes
    FOR EACH ROW EXECUTE FUNCTION refuse('notes on accounts are never changed');
CREATE TRIGGER provider_account_notes_stay BEFORE DELETE ON provider_account_notes
    FOR EACH ROW EXECUTE FUNCTION refuse('notes on accounts are never deleted');
CREATE TRIGGER provider_account_notes_are_kept BEFORE TRUNCATE ON provider_account_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('notes on accounts are never deleted');

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT, UPDATE ON provider_accounts TO mstore_pay_app;
        GRANT SELECT, INSERT ON provider_account_notes TO mstore_pay_app;
    END IF;
END $$;
