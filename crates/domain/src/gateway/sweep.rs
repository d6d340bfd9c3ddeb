//! Sweep: one listing of arrived money covers every pending payment of an account. Rows are hints:
//! each is borne out by asking before anything is recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ask::ProviderOrStore;
use super::{DecideError, Gateway};
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::charge::{Charge, Opening};
use crate::dossier::Absorbed;
use crate::ids::{OurReference, ProviderRef};
use crate::payment::Payment;
use crate::ports::{ArrivedMoney, BudgetClass, Endpoint, ProviderErrorKind, Reservation, StoreError};
use crate::time::Timestamp;

/// Windows overlap by that much, since a listing may show money late.
const OVERLAP: Duration = Duration::from_mins(1);
/// For one listing.
const SWEEP_WITHIN: Duration = Duration::from_secs(5);

/// What has been swept of one account: from when the next listing starts, and which rows of the
/// overlap are dealt with. Losing it costs questions, not money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepWindow {
    from: Timestamp,
    dealt_with: BTreeMap<ProviderRef, Timestamp>,
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
        Self { from, dealt_with: BTreeMap::new() }
    }

    /// Moves on after a listing that was dealt with whole.
    fn advance(&mut self, latest: Timestamp) {
        self.from = self.from.max(latest.minus(OVERLAP));
        let from = self.from;
        self.dealt_with.retain(|_, updated_at| *updated_at >= from);
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
        let swept = match provider.sweep(account, window.from, SWEEP_WITHIN).await {
            Ok(swept) => swept,
            Err(error) => {
                report.supported = error.kind != ProviderErrorKind::Unsupported;
                return Ok(report);
            }
        };
        for row in &swept.arrived {
            report.listed = report.listed.saturating_add(1);
            if window.dealt_with.contains_key(&row.row_ref) {
                continue;
            }
            match self.settle_row(account, row).await? {
                Row::News => report.settled = report.settled.saturating_add(1),
                Row::Known => {}
                Row::Left => {
                    report.left = report.left.saturating_add(1);
                    continue;
                }
            }
            window.dealt_with.insert(row.row_ref.clone(), row.updated_at);
        }
        let latest = swept.arrived.iter().map(|row| row.updated_at).max();
        if let Some(latest) = latest.filter(|_| report.left == 0) {
            window.advance(latest);
        }
        Ok(report)
    }

    async fn settle_row(&self, account: &ProviderAccount, row: &ArrivedMoney) -> Result<Row, StoreError> {
        let Some(payment) = self.payment_of_row(account, row).await? else { return Ok(Row::Known) };
        let Some(charge) = charge_of_row(&payment, row) else { return Ok(Row::Known) };
        let mut named = charge.clone();
        if let (None, Some(told)) = (charge.provider_ref(), &row.charge_ref) {
            named.opening = Opening::Found { provider_ref: told.clone(), at: row.updated_at };
        }
        let (budget, class) = (&self.ports.budget, BudgetClass::Confirm);
        if let Reservation::Wait(_) = budget.reserve(&account.provider, &account.id, Endpoint::Inquire, class, 1).await
        {
            return Ok(Row::Left);
        }
        let snapshot = match self.ask(&payment, &named, &[], self.policies.inquire_within).await {
            Ok(snapshot) => snapshot,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(_)) => return Ok(Row::Left),
        };
        match self.take_in(&payment, &charge.id, &snapshot, &Actor::Worker, |_| ()).await {
            Ok(Absorbed::Changed) => Ok(Row::News),
            Ok(Absorbed::Nothing | Absorbed::Foreign) => Ok(Row::Known),
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
