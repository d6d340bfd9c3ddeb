//! Accounts of merchants.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::account::{ACCOUNTS_OF_MERCHANT_MAX, AccountNote, AccountState, StoredAccount};
use mstore_pay_domain::ids::{AccountId, MerchantId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{AccountStore, AccountWritten, StoreError};
use mstore_pay_tables::rows::{ACCOUNT_ENABLED, AccountNoteRow, AccountRow, integer};
use mstore_pay_tables::schema::{provider_account_notes as notes, provider_accounts as accounts};

use crate::errors::Fault;
use crate::store::PostgresStore;
use crate::write::{Locked, lock};

type Place = (ProviderId, AccountId);

#[async_trait]
impl AccountStore for PostgresStore {
    async fn write_account(
        &self,
        account: &StoredAccount,
        expected: Revision,
        notes: &[AccountNote],
    ) -> Result<AccountWritten, StoreError> {
        match session!(self.transaction, |conn| write(conn, account, expected, notes)) {
            Err(Fault::Query(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
                Ok(AccountWritten::Taken)
            }
            written => Ok(written?),
        }
    }

    async fn accounts_of(&self, merchant: &MerchantId) -> Result<Vec<StoredAccount>, StoreError> {
        Ok(session!(self.plain, |conn| of_merchant(conn, merchant))?)
    }

    async fn account(&self, provider: &ProviderId, id: &AccountId) -> Result<Option<StoredAccount>, StoreError> {
        Ok(session!(self.plain, |conn| of_name(conn, provider, id))?)
    }

    async fn accounts_known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        Ok(session!(self.plain, |conn| known_as(conn, provider, provider_merchant_id, limit))?)
    }

    async fn accounts(&self, after: Option<Place>, limit: u32) -> Result<Vec<StoredAccount>, StoreError> {
        Ok(session!(self.plain, |conn| page(conn, after, limit))?)
    }

    async fn account_notes(&self, provider: &ProviderId, id: &AccountId) -> Result<Vec<AccountNote>, StoreError> {
        Ok(session!(self.plain, |conn| notes_on(conn, provider, id))?)
    }
}

/// Whoever writes the same account waits; another account that has the place this one is to have breaks the index.
async fn write(
    conn: &mut AsyncPgConnection,
    account: &StoredAccount,
    expected: Revision,
    new: &[AccountNote],
) -> Result<AccountWritten, Fault> {
    let (merchant, provider, id) = (account.merchant.as_str(), account.provider.as_str(), account.id.as_str());
    let row = AccountRow::of(account, expected.next()).map_err(StoreError::query)?;
    if account.state == AccountState::Enabled && !has_room(conn, account).await? {
        return Ok(AccountWritten::TooMany);
    }
    if expected == Revision::NEW {
        diesel::insert_into(accounts::table).values(&row).execute(conn).await?;
    } else {
        let stored = accounts::table.find((merchant, provider, id));
        let stored = stored.filter(accounts::revision.eq(integer(expected.number())));
        if diesel::update(stored).set(&row).execute(conn).await? == 0 {
            return Ok(AccountWritten::Conflict);
        }
    }
    let known = notes::table.filter(notes::merchant_id.eq(merchant)).filter(notes::provider.eq(provider));
    let known: i64 = known.filter(notes::account_id.eq(id)).count().get_result(conn).await?;
    for row in AccountNoteRow::all_of(account, known, new) {
        diesel::insert_into(notes::table).values(&row).execute(conn).await?;
    }
    Ok(AccountWritten::Written)
}

/// Whether a merchant may have that account enabled: one that is stays so. Whoever enables another one waits.
async fn has_room(conn: &mut AsyncPgConnection, account: &StoredAccount) -> Result<bool, Fault> {
    lock(conn, Locked::Accounts, account.merchant.as_str()).await?;
    let own = accounts::table.filter(accounts::merchant_id.eq(account.merchant.as_str()));
    let enabled = own.filter(accounts::state.eq(ACCOUNT_ENABLED)).select((accounts::provider, accounts::id));
    let enabled: Vec<(String, String)> = enabled.load(conn).await?;
    let is_it = |known: &(String, String)| known.0 == account.provider.as_str() && known.1 == account.id.as_str();
    Ok(enabled.len() < ACCOUNTS_OF_MERCHANT_MAX || enabled.iter().any(is_it))
}

async fn of_merchant(conn: &mut AsyncPgConnection, merchant: &MerchantId) -> Result<Vec<StoredAccount>, Fault> {
    let own = accounts::table.filter(accounts::merchant_id.eq(merchant.as_str()));
    let own = own.order((accounts::provider, accounts::id)).select(AccountRow::as_select());
    read_all(&own.load(conn).await?)
}

async fn of_name(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    id: &AccountId,
) -> Result<Option<StoredAccount>, Fault> {
    let named = accounts::table.filter(accounts::provider.eq(provider.as_str()));
    let named = named.filter(accounts::id.eq(id.as_str())).select(AccountRow::as_select());
    let row = named.first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn known_as(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    name: &ProviderRef,
    limit: u32,
) -> Result<Vec<StoredAccount>, Fault> {
    let named = accounts::table
        .filter(accounts::provider.eq(provider.as_str()))
        .filter(accounts::provider_merchant_id.eq(name.as_str()))
        .order(accounts::id)
        .limit(limit.into());
    read_all(&named.select(AccountRow::as_select()).load(conn).await?)
}

async fn page(conn: &mut AsyncPgConnection, after: Option<Place>, limit: u32) -> Result<Vec<StoredAccount>, Fault> {
    let (provider, id) = after.map(|(provider, id)| (provider.to_string(), id.to_string())).unwrap_or_default();
    let behind = accounts::provider.gt(provider.clone()).or(accounts::provider.eq(provider).and(accounts::id.gt(id)));
    let page = accounts::table.filter(behind).order((accounts::provider, accounts::id)).limit(limit.into());
    read_all(&page.select(AccountRow::as_select()).load(conn).await?)
}

async fn notes_on(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    id: &AccountId,
) -> Result<Vec<AccountNote>, Fault> {
    let rows: Vec<AccountNoteRow> = notes::table
        .filter(notes::provider.eq(provider.as_str()))
        .filter(notes::account_id.eq(id.as_str()))
        .order(notes::seq)
        .select(AccountNoteRow::as_select())
        .load(conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

fn read_all(rows: &[AccountRow]) -> Result<Vec<StoredAccount>, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}
