//! Accounts of merchants.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::account::{ACCOUNTS_OF_MERCHANT_MAX, AccountNote, AccountState, StoredAccount};
use mstore_pay_domain::ids::{AccountId, BranchId, MerchantId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{AccountStore, AccountWritten, StoreError};
use mstore_pay_tables::rows::{ACCOUNT_ENABLED, AccountNoteRow, AccountRow, integer};
use mstore_pay_tables::schema::{provider_account_notes as notes, provider_accounts as accounts};

use crate::errors::Fault;
use crate::store::SqliteStore;

#[async_trait]
impl AccountStore for SqliteStore {
    async fn write_account(
        &self,
        account: &StoredAccount,
        expected: Revision,
        notes: &[AccountNote],
    ) -> Result<AccountWritten, StoreError> {
        let (account, notes) = (account.clone(), notes.to_vec());
        Ok(self.write(move |conn| write(conn, &account, expected, &notes)).await?)
    }

    async fn accounts_of(&self, merchant: &MerchantId) -> Result<Vec<StoredAccount>, StoreError> {
        let merchant = merchant.clone();
        self.read(move |conn| {
            let own = accounts::table.filter(accounts::merchant_id.eq(merchant.as_str()));
            let own = own.order((accounts::provider, accounts::id)).select(AccountRow::as_select());
            read_all(&own.load(conn)?)
        })
        .await
    }

    async fn account(&self, provider: &ProviderId, id: &AccountId) -> Result<Option<StoredAccount>, StoreError> {
        let (provider, id) = (provider.clone(), id.clone());
        self.read(move |conn| {
            let named = accounts::table.filter(accounts::provider.eq(provider.as_str()));
            let named = named.filter(accounts::id.eq(id.as_str())).select(AccountRow::as_select());
            let row = named.first(conn).optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn accounts_known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        let (provider, name) = (provider.clone(), provider_merchant_id.clone());
        self.read(move |conn| {
            let named = accounts::table
                .filter(accounts::provider.eq(provider.as_str()))
                .filter(accounts::provider_merchant_id.eq(name.as_str()))
                .order(accounts::id)
                .limit(limit.into());
            read_all(&named.select(AccountRow::as_select()).load(conn)?)
        })
        .await
    }

    async fn accounts(
        &self,
        after: Option<(ProviderId, AccountId)>,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        self.read(move |conn| {
            let (provider, id) = after.map(|(provider, id)| (provider.to_string(), id.to_string())).unwrap_or_default();
            let behind =
                accounts::provider.gt(provider.clone()).or(accounts::provider.eq(provider).and(accounts::id.gt(id)));
            let page = accounts::table.filter(behind).order((accounts::provider, accounts::id)).limit(limit.into());
            read_all(&page.select(AccountRow::as_select()).load(conn)?)
        })
        .await
    }

    async fn account_notes(&self, provider: &ProviderId, id: &AccountId) -> Result<Vec<AccountNote>, StoreError> {
        let (provider, id) = (provider.clone(), id.clone());
        self.read(move |conn| {
            let rows = notes::table
                .filter(notes::provider.eq(provider.as_str()))
                .filter(notes::account_id.eq(id.as_str()))
                .order(notes::seq)
                .select(AccountNoteRow::as_select())
                .load(conn)?;
            rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
        })
        .await
    }
}

fn write(
    conn: &mut SqliteConnection,
    account: &StoredAccount,
    expected: Revision,
    new: &[AccountNote],
) -> Result<AccountWritten, Fault> {
    let (merchant, provider, id) = (account.merchant.as_str(), account.provider.as_str(), account.id.as_str());
    let row = AccountRow::of(account, expected.next()).map_err(StoreError::query)?;
    if has_rival(conn, account)? {
        return Ok(AccountWritten::Taken);
    }
    if account.state == AccountState::Enabled && !has_room(conn, account)? {
        return Ok(AccountWritten::TooMany);
    }
    if expected == Revision::NEW {
        let inserted = diesel::insert_into(accounts::table).values(&row).on_conflict_do_nothing().execute(conn)?;
        if inserted == 0 {
            return Ok(AccountWritten::Taken);
        }
    } else {
        let stored = accounts::table.find((merchant, provider, id));
        let stored = stored.filter(accounts::revision.eq(integer(expected.number())));
        if diesel::update(stored).set(&row).execute(conn)? == 0 {
            return Ok(AccountWritten::Conflict);
        }
    }
    let known = notes::table.filter(notes::merchant_id.eq(merchant)).filter(notes::provider.eq(provider));
    let known: i64 = known.filter(notes::account_id.eq(id)).count().get_result(conn)?;
    for row in AccountNoteRow::all_of(account, known, new) {
        diesel::insert_into(notes::table).values(&row).execute(conn)?;
    }
    Ok(AccountWritten::Written)
}

/// Whether another account has the place that this one is to have.
fn has_rival(conn: &mut SqliteConnection, account: &StoredAccount) -> QueryResult<bool> {
    if account.state.word() != ACCOUNT_ENABLED {
        return Ok(false);
    }
    let rivals = accounts::table
        .filter(accounts::merchant_id.eq(account.merchant.as_str()))
        .filter(accounts::provider.eq(account.provider.as_str()))
        .filter(accounts::branch_id.is(account.branch.as_ref().map(BranchId::as_str)))
        .filter(accounts::state.eq(ACCOUNT_ENABLED))
        .filter(accounts::id.ne(account.id.as_str()));
    diesel::select(diesel::dsl::exists(rivals)).get_result(conn)
}

/// Whether a merchant may have that account enabled: one that is stays so.
fn has_room(conn: &mut SqliteConnection, account: &StoredAccount) -> QueryResult<bool> {
    let own = accounts::table.filter(accounts::merchant_id.eq(account.merchant.as_str()));
    let enabled = own.filter(accounts::state.eq(ACCOUNT_ENABLED)).select((accounts::provider, accounts::id));
    let enabled: Vec<(String, String)> = enabled.load(conn)?;
    let is_it = |known: &(String, String)| known.0 == account.provider.as_str() && known.1 == account.id.as_str();
    Ok(enabled.len() < ACCOUNTS_OF_MERCHANT_MAX || enabled.iter().any(is_it))
}

fn read_all(rows: &[AccountRow]) -> Result<Vec<StoredAccount>, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}
