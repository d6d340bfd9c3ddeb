//! The port: what a caller can ask of the provider.

mod answers;

use std::time::Duration;

use async_trait::async_trait;

use super::books::{BookedCharge, BookedStatus, Books};
use super::{Mishap, ScriptedProvider, lock};
use crate::account::{AccountMode, ProviderAccount};
use crate::charge::RefundFact;
use crate::ids::ProviderId;
use crate::method::Method;
use crate::money::{Money, ReportedMoney};
use crate::ports::{
    ArrivedMoney, Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Endpoint,
    IdempotencySupport, LookupSupport, OpenCharge, OpenedCharge, Operation, PaymentProvider, Period, ProviderError,
    ProviderErrorKind, Query, RefundCharge, RefundOutcome, Simulation, Sweep,
};

use ProviderErrorKind as Kind;

impl ScriptedProvider {
    fn error(&self, operation: Operation, kind: Kind, certainty: Certainty) -> ProviderError {
        ProviderError::new(self.id.clone(), operation, kind, certainty)
    }

    /// Refuses without anything having been sent.
    fn unsupported(&self, operation: Operation) -> ProviderError {
        self.error(operation, Kind::Unsupported, Certainty::NotApplied)
    }

    fn not_found(&self, operation: Operation) -> ProviderError {
        self.error(operation, Kind::NotFound, Certainty::NotApplied)
    }

    /// Makes one call: what the script says comes before, instead of or after doing it.
    async fn call<T>(
        &self,
        operation: Operation,
        within: Duration,
        act: impl FnOnce(&mut Books) -> Result<T, ProviderError> + Send,
    ) -> Result<(T, Option<Mishap>), ProviderError>
    where
        T: Send,
    {
        let mishap = lock(&self.script).next(operation);
        if mishap == Some(Mishap::Unreachable) {
            return Err(self.error(operation, Kind::Unavailable, Certainty::NotApplied));
        }
        lock(&self.books).note_call(operation);
        match &mishap {
            Some(Mishap::SilentBefore) => {
                self.clock.sleep(within).await;
                return Err(self.error(operation, Kind::TimedOut, Certainty::Unknown));
            }
            Some(Mishap::Refused { kind, certainty }) => return Err(self.error(operation, *kind, *certainty)),
            Some(_) | None => {}
        }
        let done = act(&mut lock(&self.books))?;
        let unknown = |kind| Err(self.error(operation, kind, Certainty::Unknown));
        match mishap {
            Some(Mishap::SilentAfter) => {
                self.clock.sleep(within).await;
                unknown(Kind::TimedOut)
            }
            Some(Mishap::Late(by)) => {
                self.clock.sleep(by).await;
                Ok((done, mishap))
            }
            Some(Mishap::BrokenAfter) => unknown(Kind::Unavailable),
            // Whoever opens is told the id all the same.
            Some(Mishap::WrongAmount) if operation == Operation::Open => Ok((done, mishap)),
            Some(Mishap::Garbled | Mishap::WrongAmount | Mishap::WrongReference) => unknown(Kind::Malformed),
            Some(
                Mishap::Unreachable
                | Mishap::SilentBefore
                | Mishap::Refused { .. }
                | Mishap::WithoutMoney
                | Mishap::WithoutPaymentRefs
                | Mishap::UnnoticedAmount(_)
                | Mishap::UnnoticedReference(_)
                | Mishap::UnheardOfStatus(_)
                | Mishap::UnheardOfField(_),
            )
            | None => Ok((done, mishap)),
        }
    }

    fn offered(&self, operation: Operation, method: Method) -> Result<&Capabilities, ProviderError> {
        self.offered.get(&method).ok_or_else(|| self.unsupported(operation))
    }

    /// Books a charge, or finds the one that this call repeats.
    fn book(
        &self,
        books: &mut Books,
        account: &ProviderAccount,
        asked: &OpenCharge,
        offered: &Capabilities,
    ) -> Result<BookedCharge, ProviderError> {
        let refuse = || self.error(Operation::Open, Kind::InvalidRequest, Certainty::NotApplied);
        let own = |known: &&BookedCharge| known.account == account.id;
        match offered.idempotency {
            IdempotencySupport::Key { .. } => {
                let mut own = books.charges().iter().filter(own);
                if let Some(known) = own.find(|known| known.charge == asked.charge) {
                    return Ok(known.clone());
                }
            }
            IdempotencySupport::Reference => {
                if books.charges().iter().filter(own).any(|known| known.our_reference == asked.our_reference) {
                    return Err(refuse());
                }
            }
            IdempotencySupport::None => {}
        }
        if asked.amount < offered.amount_min || asked.amount > offered.amount_max {
            return Err(refuse());
        }
        let now = self.clock.now();
        let booked = BookedCharge {
            charge_ref: books.new_ref("spr").map_err(|error| refuse().because(error))?,
            account: account.id.clone(),
            charge: asked.charge,
            our_reference: asked.our_reference.clone(),
            order_code: asked.order_code.clone(),
            method: asked.method,
            amount: asked.amount.clone(),
            opened_at: now,
            expires_at: offered.natural_life.map_or(asked.expires_at, |life| now.plus(life)),
            status: BookedStatus::Open,
            payments: Vec::new(),
            refunds: std::collections::BTreeMap::new(),
        };
        books.add(booked.clone());
        Ok(booked)
    }

    /// Finds what a query is about, as far as the method's charges can be found.
    fn look_up(&self, books: &Books, account: &ProviderAccount, query: &Query) -> Option<BookedCharge> {
        let mut own = books.charges().iter().filter(|known| known.account == account.id);
        let found = own.find(|known| {
            let lookup = self.offered.get(&known.method).map_or(LookupSupport::None, |offered| offered.lookup);
            let by_id = query.charge_ref.as_ref() == Some(&known.charge_ref)
                || query.payment_refs.iter().any(|heard| known.is_called(heard.as_str()));
            let by_reference = query.our_reference == known.our_reference;
            match lookup {
                LookupSupport::ByReference => by_id || by_reference,
                // Money that arrived is listed under our reference, as by Xendit.
                LookupSupport::ById => by_id || (by_reference && !known.payments.is_empty()),
                // Whoever paid has picked.
                LookupSupport::OncePicked => (by_id || by_reference) && !known.payments.is_empty(),
                LookupSupport::None => false,
            }
        });
        found.cloned()
    }

    fn refunded(&self, books: &mut Books, asked: &RefundCharge) -> Result<RefundFact, ProviderError> {
        let (now, unknown) = (self.clock.now(), self.not_found(Operation::Refund));
        let refund_ref = books.new_ref("srf").map_err(|error| self.not_found(Operation::Refund).because(error))?;
        let charge = books.find_mut(asked.charge_ref.as_str()).map_err(|error| unknown.because(error))?;
        if let Some(known) = charge.refunds.get(&asked.refund) {
            return Ok(known.clone());
        }
        let received = Money::sum(charge.payments.iter().map(|payment| &payment.receipt.money.amount));
        let gone = Money::sum(charge.refunds.values().map(|refund| &refund.amount));
        let left = received.checked_sub(&gone).unwrap_or_else(Money::zero);
        if asked.amount > left {
            return Err(self.error(Operation::Refund, Kind::InvalidRequest, Certainty::NotApplied));
        }
        let fact = RefundFact { refund_ref, amount: asked.amount.clone(), at: now };
        charge.refunds.insert(asked.refund, fact.clone());
        Ok(fact)
    }
}

#[async_trait]
impl PaymentProvider for ScriptedProvider {
    fn id(&self) -> ProviderId {
        self.id.clone()
    }

    fn capabilities(&self, _account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.offered.get(&method).cloned()
    }

    fn availability(&self, _account: &ProviderAccount, _method: Method) -> Availability {
        *lock(&self.availability)
    }

    fn counted_under(&self, _query: &Query) -> Endpoint {
        Endpoint::Inquire
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        let offered = self.offered(Operation::Open, charge.method)?;
        let book = |books: &mut Books| self.book(books, account, charge, offered);
        let (mut booked, mishap) = self.call(Operation::Open, charge.within, book).await?;
        match &mishap {
            Some(Mishap::WrongAmount) => {
                let malformed = self.error(Operation::Open, Kind::Malformed, Certainty::Unknown);
                return Err(malformed.telling(Some(booked.charge_ref)));
            }
            Some(Mishap::UnnoticedAmount(amount)) => booked.amount = amount.clone(),
            Some(Mishap::UnnoticedReference(reference)) => {
                let our_reference = reference.clone();
                return Ok(OpenedCharge { our_reference, ..answers::opened(&booked, account) });
            }
            Some(_) | None => {}
        }
        let mut opened = answers::opened(&booked, account);
        answers::drift(mishap, &mut opened.status, &mut opened.exchange);
        Ok(opened)
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let mut answers = Vec::with_capacity(queries.len());
        for query in queries {
            let find = |books: &mut Books| {
                self.look_up(books, account, query).ok_or_else(|| self.not_found(Operation::Inquire))
            };
            let answer = self.call(Operation::Inquire, within, find).await;
            answers.push(answer.map(|(mut booked, mishap)| {
                let mut reference = booked.our_reference.to_string();
                match &mishap {
                    Some(Mishap::WithoutMoney) => booked.payments.clear(),
                    Some(Mishap::UnnoticedAmount(amount)) => booked.amount = amount.clone(),
                    Some(Mishap::UnnoticedReference(other)) => reference.clone_from(other),
                    Some(_) | None => {}
                }
                // As of Xendit, whose refunds are asked for by a call of their own.
                if !query.was_paid {
                    booked.refunds.clear();
                }
                let mut snapshot = answers::snapshot(&booked, self.clock.now());
                answers::drift(mishap, &mut snapshot.status, &mut snapshot.exchange);
                ChargeSnapshot { our_reference: Some(reference), ..snapshot }
            }));
        }
        answers
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        let name = charge.charge_ref.as_str();
        if !self.offered.values().any(|offered| offered.cancel) {
            return Err(self.unsupported(Operation::Cancel));
        }
        let known = lock(&self.books).find(name).filter(|known| known.account == account.id).cloned();
        if let Some(known) = known
            && !self.offered(Operation::Cancel, known.method)?.cancel
        {
            return Err(self.unsupported(Operation::Cancel));
        }
        let now = self.clock.now();
        let close = |books: &mut Books| {
            let known = books.find(name).filter(|known| known.account == account.id);
            let known = known.ok_or_else(|| self.not_found(Operation::Cancel))?;
            if !known.payments.is_empty() || known.status_at(now) != BookedStatus::Open {
                return Ok(Canceled::TooLate);
            }
            let unknown = |error| self.not_found(Operation::Cancel).because(error);
            books.close(name, BookedStatus::Canceled).map_err(unknown)?;
            Ok(Canceled::Confirmed)
        };
        self.call(Operation::Cancel, charge.within, close).await.map(|(canceled, _)| canceled)
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        let known = lock(&self.books).find(refund.charge_ref.as_str()).cloned();
        if let Some(known) = known.filter(|known| known.account == account.id)
            && !self.offered(Operation::Refund, known.method)?.refund
        {
            return Err(self.unsupported(Operation::Refund));
        }
        let pay_back = |books: &mut Books| self.refunded(books, refund);
        let (fact, _) = self.call(Operation::Refund, refund.within, pay_back).await?;
        Ok(RefundOutcome::Done(fact))
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        if account.mode == AccountMode::Live || self.unsupported.contains(&Operation::Simulate) {
            return Err(self.unsupported(Operation::Simulate));
        }
        let now = self.clock.now();
        let pay = |books: &mut Books| {
            let unknown = |error| self.not_found(Operation::Simulate).because(error);
            books.pay(simulation.charge_ref.as_str(), &simulation.amount, now).map(drop).map_err(unknown)
        };
        self.call(Operation::Simulate, simulation.within, pay).await.map(drop)
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        if self.unsupported.contains(&Operation::Sweep) {
            return Err(self.unsupported(Operation::Sweep));
        }
        let list = |books: &mut Books| {
            let own = books.charges().iter().filter(|known| known.account == account.id);
            let mut arrived: Vec<ArrivedMoney> = own.flat_map(answers::arrived).collect();
            let listed_until = self.clock.now().minus(*lock(&self.listing_lag));
            arrived.retain(|row| period.holds(row.updated_at) && row.created_at <= listed_until);
            arrived.sort_by(|one, other| (one.updated_at, &one.row_ref).cmp(&(other.updated_at, &other.row_ref)));
            let left_out = arrived.len().saturating_sub(*lock(&self.listing_max));
            arrived.drain(..left_out);
            Ok(Sweep { arrived, complete: left_out == 0 })
        };
        let (mut sweep, mishap) = self.call(Operation::Sweep, within, list).await?;
        match mishap {
            Some(Mishap::UnnoticedAmount(amount)) => {
                sweep.arrived.iter_mut().for_each(|row| row.money = ReportedMoney::idr(amount.clone()));
            }
            Some(Mishap::WithoutPaymentRefs) => sweep.arrived.iter_mut().for_each(|row| row.payment_ref = None),
            Some(_) | None => {}
        }
        Ok(sweep)
    }
}
