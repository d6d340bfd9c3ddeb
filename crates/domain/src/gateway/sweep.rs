//! Sweep: one listing of arrived money covers every pending payment of an account. Rows are hints: each is borne out by
//! asking before anything is recorded. Where more money comes than the rate limit leaves questions, rows that say all
//! that an answer would are believed (`docs/adr/0020-listed-money-is-believed-in-a-rush.md`).

mod believed;
mod row;
mod trust;
mod window;

use std::time::Duration;

use super::Gateway;
use super::race::answer_within;
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::ports::{ArrivedMoney, BudgetClass, Endpoint, Period, ProviderErrorKind, Reservation, StoreError, Sweep};

use row::{BorneOut, Row};
pub(super) use trust::Trust;
use window::{OVERLAP, Stretch};

pub use window::SweepWindow;

/// For one listing.
const SWEEP_WITHIN: Duration = Duration::from_secs(5);
/// Rows of one listing that are asked about, the newest of them, where others can be believed: what a provider that
/// answers slowly can be asked from one listing to the next.
const ASKED_PER_LISTING_MAX: usize = 10;

/// What a sweep of one account found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Rows listed.
    pub listed: u32,
    /// Payments that changed.
    pub settled: u32,
    /// Those of them whose row was believed unasked.
    pub believed: u32,
    /// Rows of money that no charge of ours fits, or that was never borne out: put before a person.
    pub unmatched: u32,
    /// Rows of money that came to the account under names that are none of ours: others use it as well.
    pub foreign: u32,
    /// Rows of money that was on record.
    pub known: u32,
    /// Rows that could not be borne out now; the window covers them again.
    pub left: u32,
    /// How long ago the oldest money came that this list has and the one before had not. None where it has nothing new,
    /// or was not read before.
    pub lag: Option<Duration>,
    /// Whether the list can be relied on: it is read, in time, and borne out.
    pub is_trusted: bool,
    /// Whether the account has such a listing at all.
    pub supported: bool,
}

impl Gateway {
    /// Lists money that arrived at an account within the window, settles what is news, and moves the
    /// window on.
    ///
    /// # Errors
    /// [`StoreError`]. A provider that does not answer is an empty report: per-charge checks go on.
    pub async fn sweep(&self, account: &ProviderAccount, window: &mut SweepWindow) -> Result<SweepReport, StoreError> {
        let mut report = SweepReport { supported: true, ..SweepReport::default() };
        for stretch in window.stretches(self.ports.clock.now()) {
            if !self.sweep_stretch(account, &stretch, window, &mut report).await? {
                break;
            }
        }
        report.is_trusted = self.trust.holds((&account.provider, &account.id), self.ports.clock.now());
        Ok(report)
    }

    /// One listing of a sweep; `false` if there was none.
    async fn sweep_stretch(
        &self,
        account: &ProviderAccount,
        stretch: &Stretch,
        window: &mut SweepWindow,
        report: &mut SweepReport,
    ) -> Result<bool, StoreError> {
        let name = (&account.provider, &account.id);
        let swept = match self.arrived(account, stretch.period(), SWEEP_WITHIN).await {
            Listing::Read(swept) => swept,
            Listing::Unsupported => {
                report.supported = false;
                return Ok(false);
            }
            Listing::Unread => return Ok(false),
        };
        let now = self.ports.clock.now();
        let news = window.note_listed(&swept.arrived, stretch);
        report.lag = report.lag.max(news.map(|(oldest, _)| now.since(oldest)));
        if let Some((oldest, read_before)) = news {
            self.trust.missed_by(name, read_before.since(oldest), now);
        }
        if swept.complete && stretch.is_up_to_now() {
            self.trust.read(name, now);
        }
        let left = self.settle_rows(account, &swept.arrived, window, report, &Actor::Worker).await?;
        report.listed = report.listed.saturating_add(u32::try_from(swept.arrived.len()).unwrap_or(u32::MAX));
        report.left = report.left.saturating_add(left);
        window.note_read(stretch, &swept, left, now);
        Ok(true)
    }

    /// Lists money that arrived at an account within a period.
    pub(super) async fn arrived(&self, account: &ProviderAccount, period: Period, within: Duration) -> Listing {
        let Some(provider) = self.provider(&account.provider) else { return Listing::Unread };
        let (budget, class) = (&self.ports.budget, BudgetClass::Watched);
        if let Reservation::Wait(_) = budget.reserve(&account.provider, &account.id, Endpoint::Sweep, class, 1).await {
            return Listing::Unread;
        }
        let listed = provider.sweep(account, period, within);
        match answer_within(self.ports.clock.as_ref(), within, listed).await {
            Some(Ok(swept)) => Listing::Read(swept),
            Some(Err(error)) if error.kind == ProviderErrorKind::Unsupported => Listing::Unsupported,
            Some(Err(_)) | None => Listing::Unread,
        }
    }

    /// Settles each row that is not dealt with; how many are left.
    pub(super) async fn settle_rows(
        &self,
        account: &ProviderAccount,
        arrived: &[ArrivedMoney],
        window: &mut SweepWindow,
        report: &mut SweepReport,
        actor: &Actor,
    ) -> Result<u32, StoreError> {
        window.note_rows(arrived);
        let news: Vec<&ArrivedMoney> = arrived.iter().filter(|row| !window.is_dealt_with(row)).collect();
        let on_record = self.rows_on_record(account, &news).await;
        let believed_before = news.len().saturating_sub(ASKED_PER_LISTING_MAX);
        let mut left = 0_u32;
        for (place, row) in news.into_iter().enumerate() {
            let borne = match actor {
                Actor::Worker if !self.policies.believe_listed => BorneOut::Answer,
                Actor::Worker if place < believed_before => BorneOut::ItselfOrAnswer,
                Actor::Worker => BorneOut::AnswerOrItself,
                Actor::Operator | Actor::User(_) | Actor::Provider => BorneOut::Answer,
            };
            let is_due = window.is_due(row, self.ports.clock.now());
            let settled = if on_record.contains(&place) {
                Row::Known
            } else if is_due {
                self.settle_row(account, row, borne, window, actor).await?
            } else {
                Row::Left
            };
            let count = match settled {
                Row::News | Row::Believed => &mut report.settled,
                Row::Unmatched => &mut report.unmatched,
                Row::Foreign => &mut report.foreign,
                Row::Left => &mut left,
                Row::Known => &mut report.known,
            };
            *count = count.saturating_add(1);
            if let Row::Believed = settled {
                report.believed = report.believed.saturating_add(1);
            }
            match settled {
                Row::Left => {}
                Row::News | Row::Believed | Row::Known | Row::Unmatched | Row::Foreign => window.deal_with(row),
            }
        }
        Ok(left)
    }
}

/// A listing of arrived money, if there is one.
pub(super) enum Listing {
    /// What the provider lists.
    Read(Sweep),
    /// Not now.
    Unread,
    /// The account has no such listing.
    Unsupported,
}
