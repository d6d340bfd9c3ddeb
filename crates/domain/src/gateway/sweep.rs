//! Sweep: one listing of arrived money covers every pending payment of an account. Rows are hints:
//! each is borne out by asking before anything is recorded.

mod row;
mod trust;

use std::collections::BTreeMap;
use std::time::Duration;

use super::Gateway;
use super::race::answer_within;
use crate::account::ProviderAccount;
use crate::audit::Actor;
use crate::ids::ProviderRef;
use crate::ports::{ArrivedMoney, BudgetClass, Endpoint, ProviderErrorKind, Reservation, StoreError, Sweep};
use crate::time::Timestamp;

use row::Row;
pub(super) use trust::Trust;

/// Windows overlap by that much, since a listing may show money late.
const OVERLAP: Duration = Duration::from_mins(1);
/// For one listing.
const SWEEP_WITHIN: Duration = Duration::from_secs(5);
/// For how long after a listing its rows wait for the rate limit: a list that is not read again soon is none.
const ROWS_WAIT_WITHIN: Duration = Duration::from_secs(3);
/// Questions about one row that bore nothing out, after which it is put before a person.
const ROW_TRIES_MAX: u32 = 10;
/// Pause after the first of them; it doubles with each.
const ROW_FIRST_PAUSE: Duration = Duration::from_secs(2);

/// What has been swept of one account: from when the next listing starts, which rows of it are dealt
/// with, and which were asked about in vain. Losing it costs questions, not money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepWindow {
    from: Timestamp,
    /// When the list was last read to its end.
    read_at: Option<Timestamp>,
    /// What stood in a list before, dealt with or not.
    listed: BTreeMap<ProviderRef, Timestamp>,
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

impl SweepWindow {
    /// A window that starts then.
    #[must_use]
    pub fn starting(from: Timestamp) -> Self {
        Self { from, read_at: None, listed: BTreeMap::new(), dealt_with: BTreeMap::new(), in_vain: BTreeMap::new() }
    }

    /// Moves on after a listing that was dealt with whole.
    fn advance(&mut self, latest: Timestamp) {
        self.from = self.from.max(latest.minus(OVERLAP));
        let from = self.from;
        self.dealt_with.retain(|_, updated_at| *updated_at >= from);
        self.listed.retain(|_, updated_at| *updated_at >= from);
    }

    fn deal_with(&mut self, row: &ArrivedMoney) {
        self.in_vain.remove(&row.row_ref);
        self.dealt_with.insert(row.row_ref.clone(), row.updated_at);
    }

    /// When the oldest of that money came which stands in a list for the first time, and when the list was read before;
    /// `None` if nothing does, or it was not. Money from before the window stands in it because something about it
    /// changed, and tells nothing.
    fn news(&mut self, arrived: &[ArrivedMoney]) -> Option<(Timestamp, Timestamp)> {
        let from = self.from;
        let is_new = |row: &&ArrivedMoney| row.created_at >= from && !self.listed.contains_key(&row.row_ref);
        let oldest = arrived.iter().filter(is_new).map(|row| row.created_at).min();
        self.listed.extend(arrived.iter().map(|row| (row.row_ref.clone(), row.updated_at)));
        oldest.zip(self.read_at)
    }

    /// Whether the rows of the last listing may still wait for the rate limit.
    fn may_wait(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|read_at| now.since(read_at) < ROWS_WAIT_WITHIN)
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
        let name = (&account.provider, &account.id);
        let swept = match self.arrived(account, window.from, SWEEP_WITHIN).await {
            Listing::Read(swept) => swept,
            Listing::Unsupported => {
                report.supported = false;
                return Ok(report);
            }
            Listing::Unread => {
                report.is_trusted = self.trust.holds(name, self.ports.clock.now());
                return Ok(report);
            }
        };
        let now = self.ports.clock.now();
        let news = window.news(&swept.arrived);
        report.lag = news.map(|(oldest, _)| now.since(oldest));
        if swept.complete {
            window.read_at = Some(now);
            self.trust.read(name, now, news.map(|(oldest, read_before)| read_before.since(oldest)).unwrap_or_default());
        }
        self.settle_rows(account, &swept.arrived, window, &mut report, &Actor::Worker).await?;
        let latest = swept.arrived.iter().map(|row| row.updated_at).max();
        // What a listing that was cut short did not show may lie anywhere before what it showed.
        if let Some(latest) = latest.filter(|_| swept.complete && report.left == 0) {
            window.advance(latest);
        }
        report.is_trusted = self.trust.holds(name, self.ports.clock.now());
        Ok(report)
    }

    /// Lists money that arrived at an account from then on.
    pub(super) async fn arrived(&self, account: &ProviderAccount, since: Timestamp, within: Duration) -> Listing {
        let Some(provider) = self.provider(&account.provider) else { return Listing::Unread };
        let (budget, class) = (&self.ports.budget, BudgetClass::Watched);
        if let Reservation::Wait(_) = budget.reserve(&account.provider, &account.id, Endpoint::Sweep, class, 1).await {
            return Listing::Unread;
        }
        let listed = provider.sweep(account, since, within);
        match answer_within(self.ports.clock.as_ref(), within, listed).await {
            Some(Ok(swept)) => Listing::Read(swept),
            Some(Err(error)) if error.kind == ProviderErrorKind::Unsupported => Listing::Unsupported,
            Some(Err(_)) | None => Listing::Unread,
        }
    }

    /// Settles each row that is not dealt with.
    pub(super) async fn settle_rows(
        &self,
        account: &ProviderAccount,
        arrived: &[ArrivedMoney],
        window: &mut SweepWindow,
        report: &mut SweepReport,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        report.listed = u32::try_from(arrived.len()).unwrap_or(u32::MAX);
        report.left = 0;
        for (place, row) in arrived.iter().enumerate() {
            if window.dealt_with.contains_key(&row.row_ref) {
                continue;
            }
            let before = arrived.get(..place).unwrap_or_default();
            let is_due = window.is_due(row, self.ports.clock.now());
            let settled = if is_due { self.settle_row(account, row, before, window, actor).await? } else { Row::Left };
            let count = match settled {
                Row::News => &mut report.settled,
                Row::Unmatched => &mut report.unmatched,
                Row::Foreign => &mut report.foreign,
                Row::Left => &mut report.left,
                Row::Known => &mut report.known,
            };
            *count = count.saturating_add(1);
            match settled {
                Row::Left => {}
                Row::News | Row::Known | Row::Unmatched | Row::Foreign => window.deal_with(row),
            }
        }
        Ok(())
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
