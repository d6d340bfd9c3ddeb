//! Reconcile: hold what an account's provider knows against what is on record, from some time on. An operator does it
//! after the store lost what it had acknowledged, or when webhooks and sweeps were away for long. Doing it twice has
//! one effect.

use std::time::Duration;

use super::ask::{Heard, ProviderOrStore};
use super::sweep::{Listing, SweepReport, SweepWindow};
use super::{DecideError, Gateway};
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::charge::{Charge, Opening};
use crate::dossier::Absorbed;
use crate::payment::Payment;
use crate::ports::{
    BudgetClass, Endpoint, Finder, PaymentPlace, Period, ProviderErrorKind, Reservation, StoreError, Sweep,
};
use crate::time::Timestamp;

/// For one listing of a whole period.
const LISTING_WITHIN: Duration = Duration::from_mins(1);
/// How long it is tried to have one that is whole: the rate limit may cut it short, above all where a process has just
/// begun.
const LISTINGS_WITHIN: Duration = Duration::from_mins(3);
/// Before the second try; each pause is twice the one before, so that the rate limit leaves more pages to the next.
const LISTING_FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How long money is asked about that the provider lists and does not bear out yet.
const ROWS_WITHIN: Duration = Duration::from_mins(2);
/// Before that is done again.
const ROWS_PAUSE: Duration = Duration::from_secs(1);
/// How long a question waits for the rate limit, of which the gateways that work beside take their share.
const BUDGET_WITHIN: Duration = Duration::from_mins(1);
/// Payments read at once.
const PAYMENTS_AT_ONCE: u32 = 100;

/// What came of holding the books of one account against its provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// What was looked into: money that the provider lists; where it has no list, charges of ours.
    pub asked: u32,
    /// On record as the provider knows it.
    pub agreed: u32,
    /// Recorded now: the provider knew more.
    pub corrected: u32,
    /// Money that no charge of ours fits, or that was never borne out: put before a person.
    pub unknown: u32,
    /// Not found out: to be done again.
    pub unanswered: u32,
    /// Money that came under names that are none of ours: others use the account as well.
    pub foreign: u32,
    /// Whether the whole period was looked into.
    pub complete: bool,
}

/// What came of one question.
enum Verdict {
    Agreed,
    Corrected,
    Unknown,
    Unanswered,
}

impl Reconciled {
    fn of_rows(swept: &Sweep, report: &SweepReport) -> Self {
        Self {
            asked: report.listed.saturating_sub(report.foreign),
            agreed: report.known,
            corrected: report.settled,
            unknown: report.unmatched,
            unanswered: report.left,
            foreign: report.foreign,
            complete: swept.complete,
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        self.asked = self.asked.saturating_add(1);
        let count = match verdict {
            Verdict::Agreed => &mut self.agreed,
            Verdict::Corrected => &mut self.corrected,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Unanswered => &mut self.unanswered,
        };
        *count = count.saturating_add(1);
    }

    /// Whether nothing is left to be found out.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.complete && self.unanswered == 0
    }
}

impl Gateway {
    /// Looks into all money that came to an account from `since` on, and records what was missed. Where the provider
    /// lists no money, every charge of ours is asked about instead; money for charges that were lost is not found so.
    ///
    /// # Errors
    /// [`StoreError`]: what was recorded until then stays.
    pub async fn reconcile(&self, account: &ProviderAccount, since: Timestamp) -> Result<Reconciled, StoreError> {
        match self.arrived_in_all(account, since).await {
            Listing::Read(swept) => self.reconcile_rows(account, since, &swept).await,
            Listing::Unsupported => self.reconcile_charges(account, since).await,
            Listing::Unread => Ok(Reconciled::default()),
        }
    }

    /// The list of the whole period; as much of it as there is once the time is over.
    async fn arrived_in_all(&self, account: &ProviderAccount, since: Timestamp) -> Listing {
        let clock = self.ports.clock.as_ref();
        let (over, mut pause) = (clock.monotonic().saturating_add(LISTINGS_WITHIN), LISTING_FIRST_PAUSE);
        loop {
            let listing = self.arrived(account, Period::since(since), LISTING_WITHIN).await;
            let is_cut_short = match &listing {
                Listing::Read(swept) => !swept.complete,
                Listing::Unread => true,
                Listing::Unsupported => false,
            };
            if !is_cut_short || clock.monotonic() >= over {
                return listing;
            }
            clock.sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
    }

    async fn reconcile_rows(
        &self,
        account: &ProviderAccount,
        since: Timestamp,
        swept: &Sweep,
    ) -> Result<Reconciled, StoreError> {
        let clock = self.ports.clock.as_ref();
        let (mut window, mut report) = (SweepWindow::starting(since), SweepReport::default());
        report.listed = u32::try_from(swept.arrived.len()).unwrap_or(u32::MAX);
        let over = clock.monotonic().saturating_add(ROWS_WITHIN);
        loop {
            report.left = self.settle_rows(account, &swept.arrived, &mut window, &mut report, &Actor::Operator).await?;
            if report.left == 0 || clock.monotonic() >= over {
                return Ok(Reconciled::of_rows(swept, &report));
            }
            clock.sleep(ROWS_PAUSE).await;
        }
    }

    async fn reconcile_charges(&self, account: &ProviderAccount, since: Timestamp) -> Result<Reconciled, StoreError> {
        let payments = &self.ports.payments;
        let (mut reconciled, mut after) = (Reconciled { complete: true, ..Reconciled::default() }, None);
        loop {
            let page = payments.at_account(&account.provider, &account.id, since, after, PAYMENTS_AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(reconciled) };
            after = Some(PaymentPlace::of(last));
            for payment in &page {
                for charge in payment.charges.iter().filter(|charge| is_of(charge, account) && may_be_there(charge)) {
                    reconciled.count(&self.reconcile_charge(account, payment, charge).await?);
                }
            }
        }
    }

    async fn reconcile_charge(
        &self,
        account: &ProviderAccount,
        payment: &Payment,
        charge: &Charge,
    ) -> Result<Verdict, StoreError> {
        if !self.may_ask_in_time(account).await {
            return Ok(Verdict::Unanswered);
        }
        let snapshot = match self.ask(payment, charge, Heard::default(), self.policies.inquire_within).await {
            Ok(snapshot) => snapshot,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(error)) => {
                // Nothing there to be found by: as good as an answer that no money came.
                let is_agreed = error.kind == ProviderErrorKind::NotFound && charge.state.funds().is_none();
                return Ok(if is_agreed { Verdict::Agreed } else { Verdict::Unanswered });
            }
        };
        match self.take_in(payment, &charge.id, &snapshot, (&Actor::Operator, Finder::Reconciling), |_| ()).await {
            Ok(Absorbed::Changed) => Ok(Verdict::Corrected),
            Ok(Absorbed::Nothing) => Ok(Verdict::Agreed),
            Ok(Absorbed::Foreign) => Ok(Verdict::Unknown),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Verdict::Unanswered),
        }
    }

    /// Waits until the rate limit leaves a question, after everybody who has more haste.
    async fn may_ask_in_time(&self, account: &ProviderAccount) -> bool {
        let (budget, clock) = (&self.ports.budget, self.ports.clock.as_ref());
        let over = clock.monotonic().saturating_add(BUDGET_WITHIN);
        loop {
            let class = BudgetClass::Rest;
            match budget.reserve(&account.provider, &account.id, Endpoint::Inquire, class, 1).await {
                Reservation::Granted => return true,
                Reservation::Wait(pause) if clock.monotonic() < over => clock.sleep(pause).await,
                Reservation::Wait(_) => return false,
            }
        }
    }
}

fn is_of(charge: &Charge, account: &ProviderAccount) -> bool {
    (&charge.provider, &charge.account) == (&account.provider, &account.id)
}

/// Whether the provider may have it.
fn may_be_there(charge: &Charge) -> bool {
    match charge.opening {
        Opening::Opened(_) | Opening::Found { .. } | Opening::Unknown { .. } => true,
        Opening::Intended | Opening::Refused { .. } => false,
    }
}
