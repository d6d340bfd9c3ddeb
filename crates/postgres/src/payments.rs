//! Payments and orders: finding, leasing, and the one write.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
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
use crate::leases::{CLAIM_ROWS_MAX, NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::looks::{AtAccountRefs, AtOrder, AtPayment, AtSale, AtWholeOrder};
use crate::store::PostgresStore;
use crate::{clock, commit, read};

#[async_trait]
impl PaymentRepository for PostgresStore {
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::payment(conn, merchant, id))?)
    }

    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError> {
        let named = (merchant.clone(), name.clone());
        let known = self.known.of(&named);
        let look = AtPayment { merchant: merchant.clone(), name: name.clone(), known: known.clone() };
        let found = self.looks.payments.look(look).await?;
        self.known.keep(named, known.as_deref(), found.as_ref().map(|found| &found.payment));
        Ok(found.map(|found| *found))
    }

    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::by_provider_ref(conn, merchant, provider_ref))?)
    }

    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError> {
        if refs.len() > AtAccountRefs::IDS_TOGETHER_MAX {
            return Ok(session!(self.plain, |conn| read::by_account_refs(conn, &[(provider, account, refs)]))?);
        }
        let look = AtAccountRefs { provider: provider.clone(), account: account.clone(), refs: refs.to_vec() };
        Ok(self.looks.refs.look(look).await?)
    }

    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::by_our_reference(conn, provider, account, reference))?)
    }

    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::by_account_order(conn, provider, account, code))?)
    }

    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::at_account(conn, provider, account, since, after, limit))?)
    }

    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::of_order(conn, merchant, code))?)
    }

    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError> {
        let look = AtWholeOrder(AtOrder { merchant: merchant.clone(), code: code.clone() });
        Ok(self.looks.whole_orders.look(look).await?)
    }

    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError> {
        let order = AtOrder { merchant: merchant.clone(), code: code.clone() };
        Ok(self.looks.sales.look(AtSale { order, slot: slot.clone() }).await?)
    }

    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError> {
        Ok(session!(self.plain, |conn| read::paid_of_order(conn, merchant, code))?)
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        Ok(session!(self.plain, |conn| read::list(conn, filter, after, limit))?)
    }

    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        Ok(session!(self.plain, |conn| read::revisions(conn, payments))?)
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        Ok(session!(self.transaction, |conn| claim_due(conn, now.into(), limit, lease, self.presence.number()))?)
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let next = next.map(Micros::from);
        Ok(session!(self.plain, |conn| reschedule(conn, *payment, token, checked_at.into(), next))?)
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        Ok(commit::commit(self, work).await?)
    }
}

#[async_trait]
impl OrderRepository for PostgresStore {
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        Ok(self.looks.orders.look(AtOrder { merchant: merchant.clone(), code: code.clone() }).await?)
    }

    async fn tenders(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<CashTender>, StoreError> {
        Ok(session!(self.plain, |conn| read::tenders(conn, merchant, code))?)
    }
}

async fn claim_due(
    conn: &mut AsyncPgConnection,
    due: Micros,
    limit: u32,
    lease: Lease,
    holder: Option<i32>,
) -> Result<Vec<LeasedPayment>, Fault> {
    let now = clock::now(conn).await?;
    let ids: Vec<String> = payments::table
        .filter(payments::due_at.le(due))
        .filter(payments::lease_until.is_null().or(payments::lease_until.le(now)))
        .order((payments::due_at, payments::id))
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(payments::id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(payments::table.filter(payments::id.eq_any(&ids)))
        .set((
            payments::lease_token.eq(lease.token.to_string()),
            payments::lease_until.eq(now.plus(lease.ttl)),
            payments::lease_holder.eq(holder),
        ))
        .kept()
        .execute(conn)
        .await?;
    let mut rows = read::by_ids(conn, &ids).await?;
    rows.sort_by_key(|(id, _)| ids.iter().position(|claimed| claimed == id));
    let leased = |payment| LeasedPayment { payment, token: lease.token };
    Ok(read::claimed(rows).into_iter().map(leased).collect())
}

async fn reschedule(
    conn: &mut AsyncPgConnection,
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
            payments::lease_token.eq(NO_TOKEN),
            payments::lease_until.eq(NO_TIME),
            payments::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
