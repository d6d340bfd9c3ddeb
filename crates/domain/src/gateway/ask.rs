//! Asking a provider where a charge stands, and taking in the answer.

use std::time::Duration;

use super::decide::Known;
use super::race::answer_within;
use super::{DecideError, Gateway};
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::charge::Charge;
use crate::dossier::{Absorbed, Dossier};
use crate::ids::{ChargeId, MerchantId, OrderCode, PaymentId, ProviderRef};
use crate::payment::Payment;
use crate::ports::{
    BudgetClass, Certainty, ChargeSnapshot, CrashPoint, Endpoint, Finder, Operation, ProviderError, ProviderErrorKind,
    Query, Reservation, StoreError,
};

/// What was heard of a charge before its provider is asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard<'a> {
    /// Ids of payments on it.
    pub(super) payments: &'a [ProviderRef],
    /// Whether money of it is said to have gone back.
    pub(super) of_money_back: bool,
}

impl<'a> Heard<'a> {
    /// That there are such payments.
    pub(super) const fn of(payments: &'a [ProviderRef]) -> Self {
        Self { payments, of_money_back: false }
    }
}

impl Gateway {
    /// The account that a charge was opened under.
    pub(super) async fn account_of(&self, charge: &Charge) -> Result<ProviderAccount, ProviderOrStore> {
        let account = self.ports.accounts.by_id(&charge.provider, &charge.account).await?;
        account.ok_or_else(|| ProviderOrStore::provider(charge, ProviderErrorKind::Unauthorized))
    }

    /// What the provider says of a payment's charge and of the payments on it, those heard of included.
    pub(super) async fn ask(
        &self,
        of: &Payment,
        charge: &Charge,
        heard: Heard<'_>,
        limit: Duration,
    ) -> Result<ChargeSnapshot, ProviderOrStore> {
        let account = self.account_of(charge).await?;
        let Some(provider) = self.provider(&charge.provider) else {
            return Err(ProviderOrStore::provider(charge, ProviderErrorKind::Unsupported));
        };
        let queries = [question(charge, heard)];
        let now = self.ports.clock.now();
        self.questions.note(of.id, now);
        self.rounds.note_asked(charge, &of.id, now);
        let asked = provider.inquire(&account, &queries, limit);
        let answers = answer_within(self.ports.clock.as_ref(), limit, asked).await.unwrap_or_default();
        let answer = answers.into_iter().next();
        let answer = answer.unwrap_or_else(|| Err(provider_error(charge, ProviderErrorKind::TimedOut)));
        match &answer {
            Ok(snapshot) => self.record_drift(of, &charge.id, &snapshot.drift(), &snapshot.exchange).await?,
            Err(error) => self.record_drift(of, &charge.id, &error.drift(), &error.exchange).await?,
        }
        let answer = answer?;
        self.ports.probe.reach(CrashPoint::ReconcileAfterLookup).await?;
        Ok(answer)
    }

    /// Leave for such a question, or how long to wait for it.
    pub(super) async fn reserve_to_confirm(&self, charge: &Charge, heard: Heard<'_>) -> Reservation {
        let endpoint = match self.provider(&charge.provider) {
            Some(provider) => provider.counted_under(&question(charge, heard)),
            None => Endpoint::Inquire,
        };
        self.ports.budget.reserve(&charge.provider, &charge.account, endpoint, BudgetClass::Confirm, 1).await
    }

    /// Takes a snapshot in, on the order as it is stored now; the witness hears what money it put on record.
    pub(super) async fn take_in(
        &self,
        of: &Payment,
        charge: &ChargeId,
        snapshot: &ChargeSnapshot,
        (actor, by): (&Actor, Finder),
        also: impl Fn(&mut Dossier) + Send + Sync,
    ) -> Result<Absorbed, DecideError> {
        self.take_in_from(None, of, charge, snapshot, (actor, by), also).await
    }

    /// The same, at first on the order as it is known, if it is.
    pub(super) async fn take_in_from(
        &self,
        known: Option<Box<Known>>,
        of: &Payment,
        charge: &ChargeId,
        snapshot: &ChargeSnapshot,
        (actor, by): (&Actor, Finder),
        also: impl Fn(&mut Dossier) + Send + Sync,
    ) -> Result<Absorbed, DecideError> {
        let (merchant, code, payment): (&MerchantId, &OrderCode, PaymentId) = (&of.merchant, &of.order_code, of.id);
        let taken = self.decide_from(known.map(|known| *known), merchant, code, actor, |dossier| {
            let absorbed = dossier.absorb(&payment, charge, snapshot);
            also(dossier);
            (absorbed, dossier.recorded_money(by))
        });
        let ((absorbed, recorded), _known) = taken.await?;
        for money in &recorded {
            self.ports.witness.recorded(money);
        }
        Ok(absorbed)
    }
}

/// What came of a question about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// No answer.
    Not,
    /// What was known of it.
    AsKnown,
    /// More, which was taken in.
    Taken,
}

/// A question that was not answered, by the provider or for want of the store.
#[derive(Debug)]
pub(super) enum ProviderOrStore {
    /// The provider.
    Provider(Box<ProviderError>),
    /// The store.
    Store(StoreError),
}

impl ProviderOrStore {
    fn provider(charge: &Charge, kind: ProviderErrorKind) -> Self {
        Self::Provider(Box::new(provider_error(charge, kind)))
    }
}

impl From<ProviderError> for ProviderOrStore {
    fn from(error: ProviderError) -> Self {
        Self::Provider(Box::new(error))
    }
}

impl From<StoreError> for ProviderOrStore {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn question(charge: &Charge, heard: Heard<'_>) -> Query {
    Query {
        charge_ref: charge.provider_ref().cloned(),
        payment_refs: heard.payments.to_vec(),
        our_reference: charge.our_reference.clone(),
        created_at: charge.created_at,
        was_paid: charge.state.funds().is_some() || heard.of_money_back,
    }
}

fn provider_error(charge: &Charge, kind: ProviderErrorKind) -> ProviderError {
    ProviderError::new(charge.provider.clone(), Operation::Inquire, kind, Certainty::NotApplied)
}
