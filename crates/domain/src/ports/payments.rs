//! Payments, and the one write.

use async_trait::async_trait;

use super::{CommitError, PaymentFilter, PaymentPlace, StoreError};
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{
    AccountId, IdError, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use crate::lease::Lease;
use crate::order::Order;
use crate::payment::{Payment, Revision};
use crate::time::Timestamp;
use crate::unit_of_work::UnitOfWork;

/// A payment that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedPayment {
    /// The payment as it is stored.
    pub payment: Payment,
    /// Proof of holding it.
    pub token: LeaseToken,
}

/// What somebody calls a payment who asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentName {
    /// By its id.
    Id(PaymentId),
    /// By the id that a provider gave one of its charges, hidden ones included.
    ProviderRef(ProviderRef),
}

impl PaymentName {
    /// Reads a name as clients write it: an id of ours, or whatever may be a provider's.
    ///
    /// # Errors
    /// [`IdError`] where it is neither.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Id).or_else(|_not_ours| ProviderRef::parse(text).map(Self::ProviderRef))
    }

    /// Whether a payment has this name.
    #[must_use]
    pub fn means(&self, payment: &Payment) -> bool {
        match self {
            Self::Id(id) => payment.id == *id,
            Self::ProviderRef(known) => payment.charges.iter().any(|charge| charge.provider_ref() == Some(known)),
        }
    }
}

/// A payment with what the rest of its order says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentInOrder {
    /// The payment.
    pub payment: Payment,
    /// Its order, if that is registered.
    pub order: Option<Order>,
    /// The oldest payment of the order that holds money, if one does.
    pub paid_by: Option<PaymentId>,
}

/// An order with all its payments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderWithPayments {
    /// The order, if it is registered.
    pub order: Option<Order>,
    /// Its payments, oldest first.
    pub payments: Vec<Payment>,
}

/// What is on record before something is sold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BeforeSale {
    /// What the key was used for, whether or not its time is over, if one was named and it was used.
    pub key: Option<IdempotencyRecord>,
    /// The order with its payments.
    pub order: OrderWithPayments,
}

/// Payments with their charges and receipts, and the one write of everything.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PaymentRepository: Send + Sync {
    /// The payment of that id; another merchant's is `None`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError>;

    /// The payment of that name, the oldest of several, with what the rest of its order says of it, all as it stood at
    /// one moment; another merchant's is `None`. Two accounts of a merchant may give one id.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError>;

    /// The payment of that merchant, the oldest of several, one of whose charges, hidden ones included, carries that id
    /// of its provider's.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError>;

    /// The orders of all payments of which a charge, or a receipt on it, carries one of those ids at that account, in no
    /// order: what is decided on one of these payments rests on the others of its order.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError>;

    /// The payment whose charge carries that reference of ours at that account.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError>;

    /// Every payment with a charge at that account for an order of that code, any merchant's.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError>;

    /// Up to `limit` payments made at or after `since` that have a charge at that account, any merchant's, oldest
    /// first: by the time they were made, those of the same moment by id. They are those that come behind `after`,
    /// whether or not it is still there.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError>;

    /// Every payment of an order, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError>;

    /// An order with every payment of it, all as they stood at one moment.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError>;

    /// What whoever sells decides on, read in one go: an order with every payment of it as
    /// [`order_with_payments`](Self::order_with_payments) tells of it, and what the key that came with the request, if one
    /// did, was used for. The two need not be of the same moment. The slot MUST be of that merchant.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError>;

    /// The oldest payment of an order that holds money, if one does.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be read.
    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError>;

    /// Up to `limit` payments that the filter admits, newest first: by the time they were made, those of the
    /// same moment by id. They are those that come behind `after`, whether or not it is still there.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError>;

    /// The revisions of these payments, any merchant's, in no order; of those that are not there none.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError>;

    /// Takes up to `limit` payments that are due at `now` and that nobody holds, longest due first.
    /// No payment MUST be given to two; an expired lease is nobody's.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError>;

    /// Counts a check that changed nothing, and says when the next is due. The revision stays. A lost
    /// lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Applies a unit of work whole, durably, or not at all. Each written payment and order counts
    /// its revision up by one, and any lease on it ends.
    ///
    /// # Errors
    /// * [`CommitError::Conflict`] MUST be returned when an `expected` is not the stored revision, when
    ///   an order read is not as it was read (its payments may be others, or stand elsewhere; two
    ///   commits of one order MUST NOT pass each other unseen), or an audit record does not follow the
    ///   stored head;
    /// * [`CommitError::OrderHeld`] when another payment holds a live order;
    /// * [`CommitError::KeyTaken`] when an idempotency key is in use;
    /// * [`CommitError::Duplicate`] when an id, our reference, a receipt, a till's reference or a conflict exists that
    ///   must be unique;
    /// * [`CommitError::LeaseLost`] when an inbox mark's token is not the holder's;
    /// * [`StoreError::CommitUnknown`] when it cannot say whether the commit happened.
    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError>;
}
