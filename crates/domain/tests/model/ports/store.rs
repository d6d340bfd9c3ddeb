//! The store of payments: every write waits for the model.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{
    AccountId, DeliveryId, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::MemoryStore;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    BeforeSale, Clock, CommitError, LeasedPayment, OpenCharge, Operation, OrderWithPayments, PaymentFilter,
    PaymentInOrder, PaymentName, PaymentPlace, PaymentProvider as _, PaymentRepository, StoreError,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};

use super::CalledFirst;
use crate::gate::{Gate, ModelClock, Stop};
use crate::guards::{Guard, Guards};
use crate::town::{Partner, describe};

pub(crate) type KnownDues = (BTreeMap<PaymentId, String>, BTreeMap<DeliveryId, String>);

/// When what is due, as the store knows it and tells nobody: what tells states apart.
#[derive(Clone, Default)]
pub(crate) struct Dues {
    known: Arc<Mutex<KnownDues>>,
}

impl Dues {
    fn payment(&self, id: PaymentId, due: String) {
        self.known.lock().unwrap().0.insert(id, due);
    }

    pub(crate) fn delivery(&self, id: DeliveryId, due: String) {
        self.known.lock().unwrap().1.insert(id, due);
    }

    pub(crate) fn of_payment(&self, id: &PaymentId) -> String {
        self.known.lock().unwrap().0.get(id).cloned().unwrap_or_default()
    }

    /// All of it, to see whether anything changed.
    pub(crate) fn all(&self) -> KnownDues {
        self.known.lock().unwrap().clone()
    }

    /// In the order in which the deliveries came.
    pub(crate) fn of_deliveries(&self) -> Vec<String> {
        self.known.lock().unwrap().1.values().cloned().collect()
    }
}

pub(crate) struct GatedStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<ModelClock>,
    pub(crate) guards: Guards,
    pub(crate) dues: Dues,
    pub(crate) partners: Vec<Partner>,
    pub(crate) called_first: CalledFirst,
}

impl GatedStore {
    /// The work as it is where a guard is missing.
    fn loosened(&self, work: &UnitOfWork) -> UnitOfWork {
        let mut work = work.clone();
        if !self.guards.stands(Guard::UniqueOrder) {
            work.live_orders.clear();
            work.orders_read.clear();
        }
        if !self.guards.stands(Guard::Lease) {
            let held = |due: &Due| matches!(due, Due::Leased(_));
            for write in work.payments.iter_mut().filter(|write| held(&write.due)) {
                write.due = Due::At(Timestamp::EPOCH);
            }
        }
        work
    }

    /// The work as if it had been decided just now.
    async fn forced(&self, work: &UnitOfWork) -> Result<UnitOfWork, StoreError> {
        let mut work = work.clone();
        work.orders_read.clear();
        for write in &mut work.payments {
            let stored = self.inner.payment(&write.payment.merchant, &write.payment.id).await?;
            if let Some(stored) = stored {
                write.expected = stored.revision;
                write.payment.audit = stored.audit;
                work.audit.retain(|record| record.payment != stored.id);
            }
        }
        Ok(work)
    }

    /// Has the provider open what the work only intends.
    async fn call_first(&self, work: &UnitOfWork) {
        for write in work.payments.iter().filter(|write| write.expected == Revision::NEW) {
            let Some(charge) = write.payment.charges.last() else { continue };
            let request = OpenCharge {
                charge: charge.id,
                our_reference: charge.our_reference.clone(),
                order_code: write.payment.order_code.clone(),
                method: write.payment.method,
                amount: write.payment.amount.clone(),
                expires_at: write.payment.expires_at,
                description: None,
                customer_phone: None,
                card_token: None,
                return_urls: None,
                within: Duration::from_secs(5),
            };
            let Some(partner) = self.partners.iter().find(|partner| partner.account.provider == charge.provider) else {
                continue;
            };
            let answer = partner.provider.open(&partner.account, &request).await;
            self.called_first.lock().unwrap().insert(charge.id, answer);
            self.gate.stop(Stop::Answer(Operation::Open)).await;
        }
    }

    fn take_note(&self, work: &UnitOfWork) {
        for write in &work.payments {
            let due = match write.due {
                Due::Never => "never".to_owned(),
                Due::At(at) => at.to_string(),
                Due::Leased(lease) => format!("held until {}", self.clock.now().plus(lease.ttl)),
            };
            self.dues.payment(write.payment.id, due);
        }
        for mark in &work.inbox {
            self.dues.delivery(mark.delivery, format!("{:?}", mark.fate));
        }
    }
}

#[async_trait]
impl PaymentRepository for GatedStore {
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

    async fn revisions(&self, ids: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        self.inner.revisions(ids).await
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        let claimed = self.inner.claim_due(now, limit, lease).await?;
        for leased in &claimed {
            self.dues.payment(leased.payment.id, format!("held until {}", now.plus(lease.ttl)));
        }
        Ok(claimed)
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.dues.payment(*payment, format!("{next:?}"));
        self.inner.reschedule(payment, token, checked_at, next).await
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        let work = self.loosened(work);
        if !self.guards.stands(Guard::IntentFirst) {
            self.call_first(&work).await;
        }
        self.gate.decided(print_of(&work));
        self.gate.stop(Stop::Commit).await;
        let committed = match self.inner.commit(&work).await {
            Err(CommitError::Conflict { .. }) if !self.guards.stands(Guard::Fencing) => {
                self.inner.commit(&self.forced(&work).await?).await
            }
            committed => committed,
        };
        if committed.is_ok() {
            self.take_note(&work);
        }
        committed
    }
}

/// A number for a unit of work that leaves its ids out.
fn print_of(work: &UnitOfWork) -> u64 {
    let mut hasher = DefaultHasher::new();
    for write in &work.payments {
        (describe(&write.payment), write.expected.number()).hash(&mut hasher);
    }
    for read in &work.orders_read {
        read.payments.values().map(|revision| revision.number()).collect::<Vec<_>>().hash(&mut hasher);
    }
    (work.exceptions.len(), work.inbox.iter().map(|mark| format!("{:?}", mark.fate)).collect::<Vec<_>>())
        .hash(&mut hasher);
    hasher.finish()
}
