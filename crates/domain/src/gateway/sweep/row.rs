//! One row of a listing: a hint that is borne out by asking, before anything is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::believed::believed;
use super::{OVERLAP, SweepWindow};
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::charge::{Charge, Funds, Opening, Receipt};
use crate::dossier::Absorbed;
use crate::exception::{Misfit, MoneyException, MoneySource};
use crate::gateway::ask::{Heard, ProviderOrStore};
use crate::gateway::decide::Known;
use crate::gateway::settle_webhook::named_by;
use crate::gateway::{DecideError, Gateway};
use crate::ids::{ExceptionId, OurReference, PaymentId, ProviderRef};
use crate::payment::{Payment, Revision};
use crate::ports::{ArrivedMoney, ChargeSnapshot, CommitError, Finder, ProviderErrorKind, Reservation, StoreError};
use crate::time::Timestamp;
use crate::unit_of_work::{ExceptionWrite, UnitOfWork};

/// How long a row waits for the rate limit at the most, each time: so long nobody less urgent is let through.
const CONFIRM_WAIT_MAX: Duration = Duration::from_millis(500);

/// Rows whose money is looked up on record at once.
const ROWS_LOOKED_UP_MAX: usize = 100;

/// What bears a row out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BorneOut {
    /// The provider's answer, and nothing else.
    Answer,
    /// Its answer; where the rate limit leaves no question, the row itself, if it says enough.
    AnswerOrItself,
    /// The row itself, if it says enough.
    ItselfOrAnswer,
}

/// What became of a row.
pub(super) enum Row {
    /// Its money was recorded.
    News,
    /// The same, on its own word.
    Believed,
    /// Its money was on record.
    Known,
    /// It was put before a person.
    Unmatched,
    /// Its money is not ours.
    Foreign,
    /// Not now.
    Left,
}

impl Gateway {
    /// The places of those rows whose money is on record at their charges: most of what is listed where webhooks come.
    pub(super) async fn rows_on_record(&self, account: &ProviderAccount, rows: &[&ArrivedMoney]) -> BTreeSet<usize> {
        let mut on_record = self.rows_recorded_here(account, rows).await;
        let unknown: Vec<(usize, &ArrivedMoney)> =
            rows.iter().copied().enumerate().filter(|(place, _)| !on_record.contains(place)).collect();
        let at = (&account.provider, &account.id);
        for rows in unknown.chunks(ROWS_LOOKED_UP_MAX) {
            let names: Vec<ProviderRef> = rows.iter().filter_map(|(_, row)| row.payment_ref.clone()).collect();
            // Where that cannot be read, each row finds out for itself: one that is rotten keeps none of the others.
            let known = self.known_by(at.0, at.1, &names).await.unwrap_or_default();
            let is_on_record = |row: &ArrivedMoney| {
                let received = row.payment_ref.as_ref().and_then(|named| named_by(&known, at, named));
                received.is_some_and(|(payment, charge)| {
                    has_receipt_for(charge, row)
                        && charge_of_row(payment, row).is_some_and(|meant| meant.id == charge.id)
                })
            };
            on_record.extend(rows.iter().filter(|(_, row)| is_on_record(row)).map(|(place, _)| *place));
        }
        on_record
    }

    /// The places of those rows whose money this process put on record, and the store still has.
    async fn rows_recorded_here(&self, account: &ProviderAccount, rows: &[&ArrivedMoney]) -> BTreeSet<usize> {
        let at = (&account.provider, &account.id);
        let since = rows.iter().enumerate().filter_map(|(place, row)| Some((place, self.received.since(at, row)?)));
        let since: Vec<(usize, (PaymentId, Revision))> = since.collect();
        if since.is_empty() {
            return BTreeSet::new();
        }
        let payments: Vec<PaymentId> = since.iter().map(|(_, (payment, _))| *payment).collect();
        // What cannot be told so is looked up.
        let stored: BTreeMap<PaymentId, Revision> =
            self.ports.payments.revisions(&payments).await.unwrap_or_default().into_iter().collect();
        let is_stored = |payment: &PaymentId, then: Revision| stored.get(payment).is_some_and(|now| *now >= then);
        since.into_iter().filter(|(_, (payment, then))| is_stored(payment, *then)).map(|(place, _)| place).collect()
    }

    /// Has one row borne out.
    pub(super) async fn settle_row(
        &self,
        account: &ProviderAccount,
        row: &ArrivedMoney,
        borne: BorneOut,
        window: &mut SweepWindow,
        actor: &Actor,
    ) -> Result<Row, StoreError> {
        let Some((payment, order)) = self.payment_of_row(account, row).await? else {
            return self.raise_row(row).await;
        };
        let Some(charge) = charge_of_row(&payment, row) else { return self.raise_row(row).await };
        if has_receipt_for(charge, row) {
            return Ok(Row::Known);
        }
        let known: Vec<&Receipt> = charge.state.funds().into_iter().flat_map(Funds::receipts).collect();
        let mut named = charge.clone();
        if let (None, Some(told)) = (charge.provider_ref(), &row.charge_ref) {
            named.opening = Opening::Found { provider_ref: told.clone(), at: row.updated_at };
        }
        let itself = match borne {
            BorneOut::Answer => None,
            BorneOut::AnswerOrItself | BorneOut::ItselfOrAnswer => believed(row, &payment, charge),
        };
        if let (BorneOut::ItselfOrAnswer, Some(snapshot)) = (borne, &itself) {
            return self.believe((&payment, charge), order, row, snapshot, (window, actor)).await;
        }
        if !self.may_confirm(&named, row, window, itself.is_none()).await {
            return match &itself {
                Some(snapshot) => self.believe((&payment, charge), order, row, snapshot, (window, actor)).await,
                None => Ok(Row::Left),
            };
        }
        let snapshot = match self
            .ask(&payment, &named, Heard::of(row.payment_ref.as_slice()), self.policies.inquire_within)
            .await
        {
            Ok(snapshot) => snapshot,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(error)) if matches!(error.kind, ProviderErrorKind::RateLimited { .. }) => {
                return Ok(Row::Left);
            }
            Err(ProviderOrStore::Provider(_)) => return self.leave_row(&payment, charge, row, window, actor).await,
        };
        // A charge may have been paid several times: so many payments must be known by this row.
        let nth = window.rivals(row).filter(|earlier| may_be_of(earlier.created_at, row)).count() + 1;
        // Money of another amount, too: it is recorded as an exception.
        let is_borne_out = is_borne_out(row, nth, known.into_iter().chain(&snapshot.receipts));
        match self.take_in_from(order, &payment, &charge.id, &snapshot, (actor, finder(actor)), |_| ()).await {
            Ok(Absorbed::Changed) if is_borne_out => Ok(Row::News),
            Ok(Absorbed::Nothing | Absorbed::Foreign) if is_borne_out => Ok(Row::Known),
            Ok(Absorbed::Changed | Absorbed::Nothing | Absorbed::Foreign) => {
                self.leave_row(&payment, charge, row, window, actor).await
            }
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Row::Left),
        }
    }

    /// Whether the rate limit leaves the question, now or, for a row that cannot do without, in a moment. Whoever waits for
    /// it as long as that is not passed by those whose questions are less urgent; whoever comes back with the next listing
    /// finds that they took it all. Nobody waits for what could as well be believed: all rows behind it would wait as well.
    async fn may_confirm(&self, charge: &Charge, row: &ArrivedMoney, window: &SweepWindow, is_needed: bool) -> bool {
        let clock = &self.ports.clock;
        loop {
            match self.reserve_to_confirm(charge, Heard::of(row.payment_ref.as_slice())).await {
                Reservation::Granted => return true,
                Reservation::Wait(pause) if is_needed && pause <= CONFIRM_WAIT_MAX && window.may_wait(clock.now()) => {
                    clock.sleep(pause).await;
                }
                Reservation::Wait(_) => return false,
            }
        }
    }

    /// Takes in what a row says, unasked.
    async fn believe(
        &self,
        (payment, charge): (&Payment, &Charge),
        order: Option<Box<Known>>,
        row: &ArrivedMoney,
        snapshot: &ChargeSnapshot,
        (window, actor): (&mut SweepWindow, &Actor),
    ) -> Result<Row, StoreError> {
        match self.take_in_from(order, payment, &charge.id, snapshot, (actor, finder(actor)), |_| ()).await {
            Ok(Absorbed::Changed) => Ok(Row::Believed),
            Ok(Absorbed::Nothing) => Ok(Row::Known),
            Ok(Absorbed::Foreign) => self.leave_row(payment, charge, row, window, actor).await,
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Row::Left),
        }
    }

    /// A row that could not be borne out is asked about again, less and less often; in the end it is put
    /// before a person, so that it neither holds the window for ever nor is forgotten.
    async fn leave_row(
        &self,
        payment: &Payment,
        charge: &Charge,
        row: &ArrivedMoney,
        window: &mut SweepWindow,
        actor: &Actor,
    ) -> Result<Row, StoreError> {
        let now = self.ports.clock.now();
        self.trust.doubt((&charge.provider, &charge.account), now);
        if !window.count_in_vain(row, now) {
            return Ok(Row::Left);
        }
        let misfit = unmatched(row);
        let (id, charge) = (payment.id, charge.id);
        let raised = self.decide(&payment.merchant, &payment.order_code, actor, |dossier| {
            dossier.raise(&id, Some(charge), misfit.clone());
        });
        match raised.await {
            Ok(()) => Ok(Row::Unmatched),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Row::Left),
        }
    }

    /// Puts money before a person that belongs to no charge we know, once. A reference that is none of ours is somebody
    /// else's affair: the account may serve others as well.
    async fn raise_row(&self, row: &ArrivedMoney) -> Result<Row, StoreError> {
        if !row.our_reference.as_deref().is_some_and(OurReference::resembles) {
            return Ok(Row::Foreign);
        }
        let id = ExceptionId::new(self.ports.ids.uuid());
        let exception = MoneyException::of_nobody(id, unmatched(row), self.ports.clock.now());
        let work = UnitOfWork { exceptions: vec![ExceptionWrite::Raise(exception)], ..UnitOfWork::default() };
        match self.commit(&work).await {
            Ok(()) => Ok(Row::Unmatched),
            Err(CommitError::Store(store)) => Err(store),
            Err(_contended) => Ok(Row::Left),
        }
    }

    /// The payment of a row, and its order with all of its payments, if that was read along.
    async fn payment_of_row(
        &self,
        account: &ProviderAccount,
        row: &ArrivedMoney,
    ) -> Result<Option<(Payment, Option<Box<Known>>)>, StoreError> {
        let provider = &account.provider;
        if let Some(charge_ref) = &row.charge_ref {
            let found = self.known_by(provider, &account.id, std::slice::from_ref(charge_ref)).await?;
            let named = named_by(&found, (provider, &account.id), charge_ref).map(|(payment, _)| payment.clone());
            if let Some(payment) = named {
                let order = found.into_iter().find(|known| known.payment(&payment.id).is_some()).map(Box::new);
                return Ok(Some((payment, order)));
            }
        }
        let Some(reference) = row.our_reference.as_ref().and_then(|text| OurReference::parse(text.as_str()).ok())
        else {
            return Ok(None);
        };
        let payment = self.ports.payments.by_our_reference(provider, &account.id, &reference).await?;
        Ok(payment.map(|payment| (payment, None)))
    }
}

/// Whose listing it is: the workers', or an operator's.
const fn finder(actor: &Actor) -> Finder {
    match actor {
        Actor::Operator => Finder::Reconciling,
        Actor::User(_) | Actor::Provider | Actor::Worker => Finder::Sweep,
    }
}

/// Money of a row that nothing fits, or that nobody bore out.
fn unmatched(row: &ArrivedMoney) -> Misfit {
    // Where the listing names no payment object, its row is all there is to look it up by.
    let named = row.payment_ref.as_ref().unwrap_or(&row.row_ref);
    Misfit::Unmatched { source: MoneySource::Receipt(named.clone()), claimed: Some(row.money.clone()) }
}

fn has_receipt_for(charge: &Charge, row: &ArrivedMoney) -> bool {
    let named = row.payment_ref.as_ref();
    named.zip(charge.state.funds()).is_some_and(|(named, funds)| funds.receipt(named).is_some())
}

fn charge_of_row<'a>(payment: &'a Payment, row: &ArrivedMoney) -> Option<&'a Charge> {
    let by_ref = row.charge_ref.as_ref().and_then(|charge_ref| payment.charge_by_provider_ref(charge_ref));
    let by_reference = row.our_reference.as_ref().and_then(|text| OurReference::parse(text.as_str()).ok());
    by_ref.or_else(|| by_reference.and_then(|reference| payment.charge_by_reference(&reference)))
}

/// Whether there is money for a row, and for so many rows of its charge that may be of the same money.
fn is_borne_out<'a>(row: &ArrivedMoney, nth: usize, money: impl Iterator<Item = &'a Receipt>) -> bool {
    let is_its_own = |receipt: &&Receipt| match &row.payment_ref {
        Some(named) => named == &receipt.payment_ref,
        None => may_be_of(receipt.paid_at, row),
    };
    let own: BTreeSet<&ProviderRef> = money.filter(is_its_own).map(|receipt| &receipt.payment_ref).collect();
    own.len() >= if row.payment_ref.is_some() { 1 } else { nth }
}

/// Whether what happened then may be what a row tells of: rows that are farther apart are not listed together,
/// and each must have money of its own.
fn may_be_of(at: Timestamp, row: &ArrivedMoney) -> bool {
    at.since(row.created_at).max(row.created_at.since(at)) <= OVERLAP
}
