//! An account of a merchant's own, its secrets sealed, and the notes on it.

mod terms;

use diesel::prelude::*;
use mstore_pay_domain::account::{
    AccountEvent, AccountMode, AccountNote, AccountState, PreviousSecret, SealedSecrets, StoredAccount,
};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use crate::schema::{provider_account_notes, provider_accounts};
use crate::types::Micros;

/// The word for an account under which new charges may be opened.
pub const ACCOUNT_ENABLED: &str = AccountState::Enabled.word();

/// An account.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = provider_accounts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id, provider, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AccountRow {
    merchant_id: String,
    provider: String,
    id: String,
    branch_id: Option<String>,
    mode: String,
    state: String,
    for_user_id: Option<String>,
    provider_merchant_id: Option<String>,
    nmid: Option<String>,
    methods: Option<String>,
    limits: String,
    key_id: String,
    credential: Vec<u8>,
    webhook_secret: Option<Vec<u8>>,
    webhook_previous: Option<Vec<u8>>,
    webhook_previous_until: Option<Micros>,
    revision: i64,
    created_at: Micros,
}

/// A note on an account.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = provider_account_notes, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct AccountNoteRow {
    merchant_id: String,
    provider: String,
    account_id: String,
    seq: i64,
    at: Micros,
    actor: String,
    event: String,
    reason: Option<String>,
}

impl AccountRow {
    /// The row of an account that stands at that revision.
    ///
    /// # Errors
    /// What `serde_json` says of terms that cannot be written as JSON.
    pub fn of(account: &StoredAccount, revision: Revision) -> Result<Self, serde_json::Error> {
        let secrets = account.secrets.clone();
        let (previous, until) = secrets.webhook_previous.map(|previous| (previous.sealed, previous.until)).unzip();
        Ok(Self {
            merchant_id: account.merchant.to_string(),
            provider: account.provider.to_string(),
            id: account.id.to_string(),
            branch_id: account.branch.as_ref().map(ToString::to_string),
            mode: account.mode.word().to_owned(),
            state: account.state.word().to_owned(),
            for_user_id: account.for_user_id.as_ref().map(ToString::to_string),
            provider_merchant_id: account.provider_merchant_id.as_ref().map(ToString::to_string),
            nmid: account.nmid.clone(),
            methods: terms::methods_text(&account.terms)?,
            limits: terms::limits_text(&account.terms)?,
            key_id: secrets.key.to_string(),
            credential: secrets.credential,
            webhook_secret: secrets.webhook_secret,
            webhook_previous: previous,
            webhook_previous_until: until.map(Into::into),
            revision: integer(revision.number()),
            created_at: account.created_at.into(),
        })
    }

    /// The account of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<StoredAccount, StoreError> {
        let cells = Cells { table: "provider_accounts", id: &self.id };
        let webhook_previous = match &self.webhook_previous {
            Some(sealed) => {
                let until = cells.needed_time("webhook_previous_until", self.webhook_previous_until)?;
                Some(PreviousSecret { sealed: sealed.clone(), until })
            }
            None => None,
        };
        Ok(StoredAccount {
            id: cells.text("id", &self.id)?,
            provider: cells.text("provider", &self.provider)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            mode: cells.word("mode", &self.mode, AccountMode::ALL.map(|mode| (mode.word(), mode)))?,
            state: cells.word("state", &self.state, AccountState::ALL.map(|state| (state.word(), state)))?,
            for_user_id: cells.some_text("for_user_id", self.for_user_id.as_deref())?,
            provider_merchant_id: cells.some_text("provider_merchant_id", self.provider_merchant_id.as_deref())?,
            nmid: self.nmid.clone(),
            terms: terms::read(cells, self.methods.as_deref(), &self.limits)?,
            secrets: SealedSecrets {
                key: cells.text("key_id", &self.key_id)?,
                credential: self.credential.clone(),
                webhook_secret: self.webhook_secret.clone(),
                webhook_previous,
            },
            revision: Revision::of(cells.number("revision", self.revision)?),
            created_at: cells.time("created_at", self.created_at)?,
        })
    }
}

impl AccountNoteRow {
    /// Rows for notes on an account, behind so many that it has.
    pub fn all_of(account: &StoredAccount, behind: i64, notes: &[AccountNote]) -> impl Iterator<Item = Self> {
        notes.iter().zip(1_i64..).map(move |(note, nth)| Self {
            merchant_id: account.merchant.to_string(),
            provider: account.provider.to_string(),
            account_id: account.id.to_string(),
            seq: behind.saturating_add(nth),
            at: note.at.into(),
            actor: note.actor.clone(),
            event: note.event.word().to_owned(),
            reason: note.reason.as_ref().map(ToString::to_string),
        })
    }

    /// The note of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<AccountNote, StoreError> {
        let cells = Cells { table: "provider_account_notes", id: &self.account_id };
        Ok(AccountNote {
            at: cells.time("at", self.at)?,
            actor: self.actor.clone(),
            event: cells.word("event", &self.event, AccountEvent::ALL.map(|event| (event.word(), event)))?,
            reason: cells.some_text("reason", self.reason.as_deref())?,
        })
    }
}
