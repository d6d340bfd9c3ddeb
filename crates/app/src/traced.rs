//! Commits, seen in traces: what each wrote, and how it ended.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{
    AccountId, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    BeforeSale, CommitError, LeasedPayment, OrderWithPayments, PaymentFilter, PaymentInOrder, PaymentName,
    PaymentPlace, PaymentRepository, StoreError,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use tracing::Instrument;
use tracing::field::Empty;

use crate::store::Store;

/// Payments whose commits are seen.
pub(crate) struct TracedPayments {
    inner: Arc<dyn Store>,
    store: &'static str,
}

impl TracedPayments {
    /// Commits to that store, which traces call so.
    pub(crate) const fn new(inner: Arc<dyn Store>, store: &'static str) -> Self {
        Self { inner, store }
    }
}

#[async_trait]
impl PaymentRepository for TracedPayments {
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        self.inner.payment(merchant, id).await
    }

    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError> {
        self.inner.payment_in_order(merchant, name).await
    }

    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError> {
        self.inner.by_provider_ref(merchant, provider_ref).await
    }

    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError> {
        self.inner.by_account_refs(provider, account, refs).await
    }

    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError> {
        self.inner.by_our_reference(provider, account, reference).await
    }

    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError> {
        self.inner.by_account_order(provider, account, code).await
    }

    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        self.inner.at_account(provider, account, since, after, limit).await
    }

    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError> {
        self.inner.of_order(merchant, code).await
    }

    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError> {
        self.inner.order_with_payments(merchant, code).await
    }

    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError> {
        self.inner.before_sale(merchant, code, slot).await
    }

    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError> {
        self.inner.paid_of_order(merchant, code).await
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        self.inner.list(filter, after, limit).await
    }

    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        self.inner.revisions(payments).await
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        self.inner.claim_due(now, limit, lease).await
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.inner.reschedule(payment, token, checked_at, next).await
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        let payment = work.payments.first().map(|write| write.payment.id.to_string());
        let span = tracing::info_span!(
            "commit",
            store = self.store,
            unit = kind(work),
            payment_id = payment,
            outcome = Empty,
        );
        let outcome = self.inner.commit(work).instrument(span.clone()).await;
        span.record("outcome", outcome.as_ref().map_or_else(word, |()| "ok"));
        outcome
    }
}

/// The chief thing that a unit writes, in one word.
const fn kind(work: &UnitOfWork) -> &'static str {
    if !work.payments.is_empty() {
        "payment"
    } else if !work.orders.is_empty() {
        "order"
    } else if !work.offline.is_empty() {
        "offline"
    } else if !work.inbox.is_empty() {
        "webhook"
    } else {
        "other"
    }
}

const fn word(error: &CommitError) -> &'static str {
    match error {
        CommitError::Conflict { .. } => "conflict",
        CommitError::OrderHeld { .. } => "order_held",
        CommitError::KeyTaken => "key_taken",
        CommitError::Duplicate { .. } => "duplicate",
        CommitError::LeaseLost => "lease_lost",
        CommitError::Store(_) => "store",
        _ => "other",
    }
}
