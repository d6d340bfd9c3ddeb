//! Sweep: one listing of arrived money covers every pending payment of an account. Rows are hints:
//! each is borne out by asking before anything is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::ask::ProviderOrStore;
use super::race::answer_within;
use super::{DecideError, Gateway};
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::charge::{Charge, Funds, Opening, Receipt};
use crate::dossier::Absorbed;
use crate::exception::{Misfit, MoneySource};
use crate::ids::{OurReference, ProviderRef};
use crate::payment::Payment;
use crate::ports::{ArrivedMoney, BudgetClass, Endpoint, ProviderErrorKind, Reservation, StoreError};
use crate::time::Timestamp;

/// Windows overlap by that much, since a listing may show money late.
const OVERLAP: Duration = Duration::from_mins(1);
/// For one listing.
const SWEEP_WITHIN: Duration = Duration::from_secs(5);
/// Questions about one row that bore nothing out, after which it is put before a person.
const ROW_TRIES_MAX: u32 = 10;
/// Pause after the first of them; it doubles with each.
const ROW_FIRST_PAUSE: Duration = Duration::from_secs(2);

/// What has been swept of one account: from when the next listing starts, which rows of it are dealt
/// with, and which were asked about in vain. Losing it costs questions, not money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepWindow {
    from: Timestamp,
    dealt_with: BTreeMap<ProviderRef, Timestamp>,
    in_vain: BTreeMap<ProviderRef, Tries>,
}

/// Questions about a row that bore nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tries {
    count: u32,
    next_at: Timestamp,
}

/// What a sweep of one account found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Rows listed.
    pub listed: u32,
    /// Payments that changed.
    pub settled: u32,
    /// Rows that could not be borne out now; the window covers them again.
    pub left: u32,
    /// Whether the account has such a listing at all.
    pub supported: bool,
}

impl SweepWindow {
    /// A window that starts then.
    #[must_use]
    pub fn starting(from: Timestamp) -> Self {
        Self { from, dealt_with: BTreeMap::new(), in_vain: BTreeMap::new() }
    }

    /// Moves on after a listing that was dealt with whole.
    fn advance(&mut self, latest: Timestamp) {
        self.from = self.from.max(latest.minus(OVERLAP));
        let from = self.from;
        self.dealt_with.retain(|_, updated_at| *updated_at >= from);
    }

    fn deal_with(&mut self, row: &ArrivedMoney) {
        self.in_vain.remove(&row.row_ref);
        self.dealt_with.insert(row.row_ref.clone(), row.updated_at);
    }

    /// Whether a row is to be asked about now.
    fn is_due(&self, row: &ArrivedMoney, now: Timestamp) -> bool {
        self.in_vain.get(&row.row_ref).is_none_or(|tries| tries.next_at <= now)
    }

    /// Counts a question that bore nothing out; `true` if it was the last.
    fn count_in_vain(&mut self, row: &ArrivedMoney, now: Timestamp) -> bool {
        let count = self.in_vain.get(&row.row_ref).map_or(0, |tries| tries.count).saturating_add(1);
        let pause = ROW_FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(count.saturating_sub(1)));
        self.in_vain.insert(row.row_ref.clone(), Tries { count, next_at: now.plus(pause) });
        count >= ROW_TRIES_MAX
    }
}

impl Gateway {
    /// Lists money that arrived at an account within the window, settles what is news, and moves the
    /// window on.
    ///
    /// # Errors
    /// [`StoreError`]. A provider that does not answer is an empty report: per-charge checks go on.
    pub async fn sweep(&self, account: &ProviderAccount, window: &mut SweepWindow) -> Result<SweepReport, StoreError> {
        let mut report = SweepReport { supported: true, ..SweepReport::default() };
        let Some(provider) = self.provider(&account.provider) else { return Ok(report) };
        let (budget, class) = (&self.ports.budget, BudgetClass::Watched);
        if let Reservation::Wait(_) = budget.reserve(&account.provider, &account.id, Endpoint::Sweep, class, 1).await {
            return Ok(report);
        }
        let listed = provider.sweep(account, window.from, SWEEP_WITHIN);
        let swept = match answer_within(self.ports.clock.as_ref(), SWEEP_WITHIN, listed).await {
            Some(Ok(swept)) => swept,
            Some(Err(error)) => {
                report.supported = error.kind != ProviderErrorKind::Unsupported;
                return Ok(report);
            }
            None => return Ok(report),
        };
        for (place, row) in swept.arrived.iter().enumerate() {
            report.listed = report.listed.saturating_add(1);
            if window.dealt_with.contains_key(&row.row_ref) {
                continue;
            }
            // A charge may have been paid several times: so many payments must be known by this row.
            let is_rival = |before: &&ArrivedMoney| is_same_charge(before, row) && may_be_of(before.created_at, row);
            let nth = swept.arrived.iter().take(place).filter(is_rival).count() + 1;
            let is_due = window.is_due(row, self.ports.clock.now());
            let settled = if is_due { self.settle_row(account, row, nth, window).await? } else { Row::Left };
            match settled {
                Row::News => report.settled = report.settled.saturating_add(1),
                Row::Known => {}
                Row::Left => {
                    report.left = report.left.saturating_add(1);
                    continue;
                }
            }
            window.deal_with(row);
        }
        let latest = swept.arrived.iter().map(|row| row.updated_at).max();
        // What a listing that was cut short did not show may lie anywhere before what it showed.
        if let Some(latest) = latest.filter(|_| swept.complete && report.left == 0) {
            window.advance(latest);
        }
        Ok(report)
    }

    async fn settle_row(
        &self,
        account: &ProviderAccount,
        row: &ArrivedMoney,
        nth: usize,
        window: &mut SweepWindow,
    ) -> Result<Row, StoreError> {
        let Some(payment) = self.payment_of_row(account, row).await? else { return Ok(Row::Known) };
        let Some(charge) = charge_of_row(&payment, row) else { return Ok(Row::Known) };
        let known: Vec<&Receipt> = charge.state.funds().into_iter().flat_map(Funds::receipts).collect();
        if known.iter().any(|receipt| Some(&receipt.payment_ref) == row.payment_ref.as_ref()) {
            return Ok(Row::Known);
        }
        let mut named = charge.clone();
        if let (None, Some(told)) = (charge.provider_ref(), &row.charge_ref) {
            named.opening = Opening::Found { provider_ref: told.clone(), at: row.updated_at };
        }
        let (budget, class) = (&self.ports.budget, BudgetClass::Confirm);
        if let Reservation::Wait(_) = budget.reserve(&account.provider, &account.id, Endpoint::Inquire, class, 1).await
        {
            return Ok(Row::Left);
        }
        let snapshot = match self.ask(&payment, &named, row.payment_ref.as_slice(), self.policies.inquire_within).await
        {
            Ok(snapshot) => snapshot,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(error)) if matches!(error.kind, ProviderErrorKind::RateLimited { .. }) => {
                return Ok(Row::Left);
            }
            Err(ProviderOrStore::Provider(_)) => return self.leave_row(&payment, charge, row, window).await,
        };
        // Money of another amount, too: it is recorded as an exception.
        let is_borne_out = is_borne_out(row, nth, known.into_iter().chain(&snapshot.receipts));
        match self.take_in(&payment, &charge.id, &snapshot, &Actor::Worker, |_| ()).await {
            Ok(Absorbed::Changed) if is_borne_out => Ok(Row::News),
            Ok(Absorbed::Nothing | Absorbed::Foreign) if is_borne_out => Ok(Row::Known),
            Ok(Absorbed::Changed | Absorbed::Nothing | Absorbed::Foreign) => {
                self.leave_row(&payment, charge, row, window).await
            }
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
    ) -> Result<Row, StoreError> {
        if !window.count_in_vain(row, self.ports.clock.now()) {
            return Ok(Row::Left);
        }
        // The listing names no payment object; its row is all there is to look it up by.
        let source = MoneySource::Receipt(row.row_ref.clone());
        let misfit = Misfit::Unmatched { source, claimed: Some(row.money.clone()) };
        let (id, charge) = (payment.id, charge.id);
        let raised = self.decide(&payment.merchant, &payment.order_code, &Actor::Worker, |dossier| {
            dossier.raise(&id, Some(charge), misfit.clone());
        });
        match raised.await {
            Ok(()) => Ok(Row::Known),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Row::Left),
        }
    }

    async fn payment_of_row(
        &self,
        account: &ProviderAccount,
        row: &ArrivedMoney,
    ) -> Result<Option<Payment>, StoreError> {
        let (payments, provider) = (&self.ports.payments, &account.provider);
        if let Some(charge_ref) = &row.charge_ref
            && let Some(payment) = payments.by_account_ref(provider, &account.id, charge_ref).await?
        {
            return Ok(Some(payment));
        }
        match row.our_reference.as_ref().and_then(|text| OurReference::parse(text.as_str()).ok()) {
            Some(reference) => payments.by_our_reference(provider, &account.id, &reference).await,
            None => Ok(None),
        }
    }
}

/// What became of a row.
enum Row {
    News,
    Known,
    Left,
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

fn is_same_charge(one: &ArrivedMoney, other: &ArrivedMoney) -> bool {
    (&one.charge_ref, &one.our_reference) == (&other.charge_ref, &other.our_reference)
}
