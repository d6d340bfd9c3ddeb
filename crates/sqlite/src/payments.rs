//! Payments and orders: finding, leasing, and the one write.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{
    AccountId, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::order::Order;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    BeforeSale, CommitError, LeasedPayment, OrderRepository, OrderWithPayments, PaymentFilter, PaymentInOrder,
    PaymentName, PaymentPlace, PaymentRepository, StoreError,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::schema::payments;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::leases::CLAIM_ROWS_MAX;
use crate::store::SqliteStore;
use crate::{clock, read, write};

#[async_trait]
impl PaymentRepository for SqliteStore {
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        let (merchant, id) = (merchant.clone(), *id);
        self.read(move |conn| read::payment(conn, &merchant, &id)).await
    }

    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError> {
        let (merchant, name) = (merchant.clone(), name.clone());
        self.read(move |conn| read::payment_in_order(conn, &merchant, &name)).await
    }

    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError> {
        let (merchant, provider_ref) = (merchant.clone(), provider_ref.clone());
        self.read(move |conn| read::by_provider_ref(conn, &merchant, &provider_ref)).await
    }

    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError> {
        let (provider, account, refs) = (provider.clone(), account.clone(), refs.to_vec());
        self.read(move |conn| read::by_account_refs(conn, &provider, &account, &refs)).await
    }

    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError> {
        let (provider, account, reference) = (provider.clone(), account.clone(), reference.clone());
        self.read(move |conn| read::by_our_reference(conn, &provider, &account, &reference)).await
    }

    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError> {
        let (provider, account, code) = (provider.clone(), account.clone(), code.clone());
        self.read(move |conn| read::by_account_order(conn, &provider, &account, &code)).await
    }

    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let (provider, account) = (provider.clone(), account.clone());
        self.read(move |conn| read::at_account(conn, &provider, &account, since, after, limit)).await
    }

    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        self.read(move |conn| read::of_order(conn, &merchant, &code)).await
    }

    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        self.read(move |conn| read::order_with_payments(conn, &merchant, &code)).await
    }

    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError> {
        let (merchant, code, slot) = (merchant.clone(), code.clone(), slot.clone());
        self.read(move |conn| {
            let key = slot.map(|slot| read::idempotency(conn, &slot)).transpose()?.flatten();
            Ok(BeforeSale { key, order: read::order_with_payments(conn, &merchant, &code)? })
        })
        .await
    }

    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        self.read(move |conn| read::paid_of_order(conn, &merchant, &code)).await
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| read::list(conn, &filter, after, limit)).await
    }

    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        let payments: Vec<String> = payments.iter().map(ToString::to_string).collect();
        self.read(move |conn| read::revisions(conn, &payments)).await
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        let claimed = self.write(move |conn| claim_due(conn, now.into(), limit, lease)).await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        // Read by a reader: for the writer tills are waiting.
        self.read(move |conn| claimed_payments(conn, &claimed, lease.token)).await
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let (payment, next) = (*payment, next.map(Micros::from));
        Ok(self.write(move |conn| reschedule(conn, payment, token, checked_at.into(), next)).await?)
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        let work = work.clone();
        Ok(self.write(move |conn| write::apply(conn, &work)).await?)
    }
}

#[async_trait]
impl OrderRepository for SqliteStore {
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        self.read(move |conn| read::order(conn, &merchant, &code)).await
    }

    async fn tenders(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<CashTender>, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        self.read(move |conn| read::tenders(conn, &merchant, &code)).await
    }
}

/// Leases what is due, and gives its ids, in their turn.
fn claim_due(conn: &mut SqliteConnection, due: Micros, limit: u32, lease: Lease) -> Result<Vec<String>, Fault> {
    let now = clock::now(conn)?;
    let ids: Vec<String> = payments::table
        .filter(payments::due_at.le(due))
        .filter(payments::lease_until.is_null().or(payments::lease_until.le(now)))
        .order((payments::due_at, payments::id))
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(payments::id)
        .load(conn)?;
    if !ids.is_empty() {
        diesel::update(payments::table.filter(payments::id.eq_any(&ids)))
            .set((payments::lease_token.eq(lease.token.to_string()), payments::lease_until.eq(now.plus(lease.ttl))))
            .execute(conn)?;
    }
    Ok(ids)
}

fn claimed_payments(
    conn: &mut SqliteConnection,
    ids: &[String],
    token: LeaseToken,
) -> Result<Vec<LeasedPayment>, Fault> {
    let mut rows = read::by_ids(conn, ids)?;
    rows.sort_by_key(|(id, _)| ids.iter().position(|claimed| claimed == id));
    let leased = |payment| LeasedPayment { payment, token };
    Ok(read::claimed(rows).into_iter().map(leased).collect())
}

fn reschedule(
    conn: &mut SqliteConnection,
    payment: PaymentId,
    token: LeaseToken,
    checked_at: Micros,
    next: Option<Micros>,
) -> Result<(), Fault> {
    let held = payments::table.find(payment.to_string()).filter(payments::lease_token.eq(token.to_string()));
    diesel::update(held)
        .set((
            payments::check_count.eq(payments::check_count + 1),
            payments::last_checked_at.eq(checked_at),
            payments::due_at.eq(next),
            payments::lease_token.eq(None::<String>),
            payments::lease_until.eq(None::<Micros>),
        ))
        .kept()
        .execute(conn)?;
    Ok(())
}
