//! Read, decide, commit; on a conflict again.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::Gateway;
use crate::audit::Actor;
use crate::dossier::Dossier;
use crate::exception::MoneyException;
use crate::ids::{AccountId, MerchantId, OrderCode, PaymentId, ProviderId, ProviderRef};
use crate::order::Order;
use crate::payment::Payment;
use crate::ports::{CommitError, ExceptionFilter, OrderWithPayments, PaymentInOrder, StoreError};
use crate::time::Timestamp;
use crate::unit_of_work::UnitOfWork;

/// How often a decision is taken again after a conflict.
const TRIES_MAX: u32 = 3;
/// Exceptions read of one payment; beyond them one may be told of twice.
const EXCEPTIONS_MAX: u32 = 1_000;

/// Why a decision was not committed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecideError {
    /// Others kept writing.
    #[error("could not decide: others kept writing")]
    Contended,
    /// A commit was refused for another reason than a conflict.
    #[error("could not commit the decision")]
    Commit(#[source] CommitError),
    /// The store failed.
    #[error("could not read or write what the decision needs")]
    Store(#[from] StoreError),
}

/// An order and its payments as they stood when they were last read or written here. What is decided on it is committed
/// only if they stand so still.
#[derive(Debug, Clone)]
pub(super) struct Known {
    merchant: MerchantId,
    code: OrderCode,
    order: Option<Order>,
    payments: Vec<Payment>,
    at: Timestamp,
}

impl Known {
    /// A payment as it was read by itself, of an order of which nothing else is known.
    pub(super) fn of_payment(payment: &Payment, at: Timestamp) -> Self {
        let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
        Self { merchant, code, order: None, payments: vec![payment.clone()], at }
    }

    /// That order, as it was read at that time or later.
    pub(super) fn of_order(
        merchant: &MerchantId,
        code: &OrderCode,
        OrderWithPayments { order, payments }: OrderWithPayments,
        at: Timestamp,
    ) -> Self {
        Self { merchant: merchant.clone(), code: code.clone(), order, payments, at }
    }

    /// Since when they are known to stand so.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// The order, if it is registered.
    pub(super) fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// Its payments.
    pub(super) fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// The payment of that id.
    pub(super) fn payment(&self, id: &PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| &payment.id == id)
    }

    /// The payment of that id with what the rest of its order says of it.
    fn in_order(&self, id: &PaymentId) -> Option<PaymentInOrder> {
        let payment = self.payment(id)?.clone();
        let holding = self.payments.iter().filter(|payment| payment.status().holds_money());
        let paid_by = holding.min_by_key(|payment| (payment.created_at, payment.id));
        Some(PaymentInOrder { payment, order: self.order.clone(), paid_by: paid_by.map(|payment| payment.id) })
    }

    /// How they stand once that is committed, which was decided on them then.
    pub(super) fn after(mut self, work: &UnitOfWork, at: Timestamp) -> Self {
        self.at = at;
        for write in &work.payments {
            let written = Payment { revision: write.expected.next(), ..write.payment.clone() };
            match self.payments.iter_mut().find(|payment| payment.id == written.id) {
                Some(payment) => *payment = written,
                None => self.payments.push(written),
            }
        }
        for write in &work.orders {
            self.order = Some(Order { revision: write.expected.next(), ..write.order.clone() });
        }
        self
    }
}

impl Gateway {
    /// The orders of all payments that have one of those names of a provider's at an account, as they are stored now.
    pub(super) async fn known_by(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        names: &[ProviderRef],
    ) -> Result<Vec<Known>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let at = self.ports.clock.now();
        let orders = self.ports.payments.by_account_refs(provider, account, names).await?;
        let known = |OrderWithPayments { order, payments }| {
            let one: &Payment = payments.first()?;
            let (merchant, code) = (one.merchant.clone(), one.order_code.clone());
            Some(Known { merchant, code, order, payments, at })
        };
        Ok(orders.into_iter().filter_map(known).collect())
    }

    /// An order and its payments as they are stored now.
    pub(super) async fn known_now(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Known, StoreError> {
        let at = self.ports.clock.now();
        let stored = self.ports.payments.order_with_payments(merchant, code).await?;
        Ok(Known::of_order(merchant, code, stored, at))
    }

    /// The dossier of what is known.
    pub(super) fn dossier_of(&self, known: &Known, actor: &Actor) -> Dossier {
        let Known { merchant, code, order, payments, at: _ } = known.clone();
        Dossier::open(
            merchant,
            code,
            order,
            payments,
            self.ports.clock.now(),
            actor.clone(),
            Arc::clone(&self.ports.ids),
        )
    }

    /// Opens the dossier of an order as it is stored now.
    pub(super) async fn dossier(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
    ) -> Result<Dossier, StoreError> {
        let dossier = self.dossier_of(&self.known_now(merchant, code).await?, actor);
        // One that an earlier version left paid by money that was taken back.
        if dossier.lost_payer().is_some() {
            return Ok(dossier.knowing_cash(self.ports.orders.tenders(merchant, code).await?));
        }
        Ok(dossier)
    }

    /// Takes a decision and commits it. `decide` may run several times, each time on what is stored
    /// then; what it returns is handed on once its unit of work is committed.
    pub(super) async fn decide<T: Send>(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
        decide: impl Fn(&mut Dossier) -> T + Send + Sync,
    ) -> Result<T, DecideError> {
        self.decide_from(None, merchant, code, actor, decide).await.map(|(decided, _)| decided)
    }

    /// The same, at first on what is known already, if it is; gives how they stand now as well.
    pub(super) async fn decide_from<T: Send>(
        &self,
        mut known: Option<Known>,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
        decide: impl Fn(&mut Dossier) -> T + Send + Sync,
    ) -> Result<(T, Known), DecideError> {
        // What was known costs no try.
        for _ in 0..TRIES_MAX.saturating_add(u32::from(known.is_some())) {
            let (read, is_as_stored) = match known.take() {
                Some(known) => (known, false),
                None => (self.known_now(merchant, code).await?, true),
            };
            let mut dossier = self.dossier_of(&read, actor);
            let mut decided = decide(&mut dossier);
            let raised = self.raised_for(dossier.raises_for().collect()).await?;
            if !raised.is_empty() {
                // What a person has before them already is no news: decided again with that known.
                dossier = self.dossier_of(&read, actor).knowing(raised);
                decided = decide(&mut dossier);
            }
            if dossier.lost_payer().is_some() {
                // After the order, which any cash moves: some that came in between makes the commit a conflict.
                dossier = dossier.knowing_cash(self.ports.orders.tenders(merchant, code).await?);
            }
            let at = dossier.now();
            let work = dossier.conclude();
            let after = read.after(&work, at);
            if work.orders_read.is_empty() && !is_as_stored {
                // Nothing of it would fail if the order stood otherwise by now.
                continue;
            }
            match self.commit_to(&work, Some(&after)).await {
                Ok(()) => return Ok((decided, after)),
                // An unknown commit is read again like a conflict: decisions are idempotent.
                Err(CommitError::Conflict { .. } | CommitError::Store(StoreError::CommitUnknown { .. })) => {}
                Err(CommitError::Store(store)) => return Err(store.into()),
                Err(other) => return Err(DecideError::Commit(other)),
            }
        }
        Err(DecideError::Contended)
    }

    /// The keys of all exceptions of these payments.
    pub(super) async fn raised_for(&self, payments: BTreeSet<PaymentId>) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        for payment in payments {
            let raised =
                self.ports.exceptions.exceptions(&ExceptionFilter::Payment(payment), None, EXCEPTIONS_MAX).await?;
            keys.extend(raised.iter().map(MoneyException::key));
        }
        Ok(keys)
    }

    /// Commits a unit of work, unless it is empty, and wakes whoever waits for its payments.
    pub(super) async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        self.commit_to(work, None).await
    }

    /// The same, which brings an order and its payments to where they stand then, if that is known: whoever waits for one
    /// of them here is handed it.
    async fn commit_to(&self, work: &UnitOfWork, after: Option<&Known>) -> Result<(), CommitError> {
        if *work == UnitOfWork::default() {
            return Ok(());
        }
        self.ports.payments.commit(work).await?;
        for write in &work.payments {
            self.rounds.note_stored(&write.payment);
            self.received.note_stored(&write.payment, write.expected.next());
            // First: whoever notices the write finds it there.
            if let Some(after) = after {
                self.waiting.hand_over(&write.payment.id, || after.in_order(&write.payment.id));
            }
            self.waiting.note_written(write.payment.id, write.expected.next(), &write.payment.amount);
            self.ports.wakeups.wake(&write.payment.id);
        }
        Ok(())
    }
}
