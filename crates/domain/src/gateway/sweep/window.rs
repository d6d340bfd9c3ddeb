//! What has been swept of one account, and what of it the next listings are to cover.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::ProviderRef;
use crate::ports::{ArrivedMoney, Period, Sweep};
use crate::time::Timestamp;

/// Windows overlap by that much, since a listing may show money late.
pub(super) const OVERLAP: Duration = Duration::from_mins(1);
/// What is listed every time, where a window is read in parts: more than a list may be late and still be relied on.
const RECENT: Duration = Duration::from_secs(7);
/// A window of more rows is read in parts: ten pages of Xendit's every two seconds are half of what it allows.
const WHOLE_ROWS_MAX: usize = 500;
/// A part of so few rows may be longer the next time.
const PART_ROWS_FEW: usize = 250;
/// Where so few rows are recent, the window will do in one listing again.
const RECENT_ROWS_FEW: usize = 25;
const PART_MIN: Duration = Duration::from_millis(100);
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
    /// All that came before is dealt with.
    from: Timestamp,
    reach: Reach,
    /// When the list was last read up to now.
    read_at: Option<Timestamp>,
    newest: Option<Newest>,
    /// What stood in a list before, dealt with or not.
    listed: BTreeMap<ProviderRef, Timestamp>,
    /// Those of them that name no payment.
    nameless: BTreeMap<ProviderRef, ArrivedMoney>,
    dealt_with: BTreeMap<ProviderRef, Timestamp>,
    in_vain: BTreeMap<ProviderRef, Tries>,
}

/// The row that was listed soonest after it was made: by it the provider's clock is told from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Newest {
    changed_at: Timestamp,
    seen_at: Timestamp,
}

impl Newest {
    /// How late it is there, or was a little before.
    fn their_now(&self, now: Timestamp) -> Timestamp {
        self.changed_at.plus(now.since(self.seen_at))
    }
}

/// How much of a window is listed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All.
    Whole,
    /// What is recent each time, and what is about to leave the window once more, at most so much of it. More money
    /// comes than can be listed again and again for a minute.
    InParts { length: Duration, since: Timestamp },
}

/// One listing that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// The whole window.
    Whole(Period),
    /// What came lately.
    Recent(Period),
    /// What is about to leave the window.
    Part(Period),
}

/// Questions about a row that bore nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tries {
    count: u32,
    next_at: Timestamp,
}

impl Stretch {
    pub(super) const fn period(&self) -> Period {
        match self {
            Self::Whole(period) | Self::Recent(period) | Self::Part(period) => *period,
        }
    }

    pub(super) const fn is_up_to_now(&self) -> bool {
        match self {
            Self::Whole(_) | Self::Recent(_) => true,
            Self::Part(_) => false,
        }
    }
}

impl SweepWindow {
    /// A window that starts then.
    #[must_use]
    pub const fn starting(from: Timestamp) -> Self {
        Self {
            from,
            reach: Reach::Whole,
            read_at: None,
            newest: None,
            listed: BTreeMap::new(),
            nameless: BTreeMap::new(),
            dealt_with: BTreeMap::new(),
            in_vain: BTreeMap::new(),
        }
    }

    /// The listings that are due, what is most urgent first.
    pub(super) fn stretches(&self, now: Timestamp) -> Vec<Stretch> {
        let (Reach::InParts { length, .. }, Some(newest)) = (self.reach, self.newest) else {
            return vec![Stretch::Whole(Period::since(self.from))];
        };
        let their_now = newest.their_now(now);
        let recent = Stretch::Recent(Period::since(self.from.max(their_now.minus(RECENT))));
        let until = self.from.plus(length).min(their_now.minus(OVERLAP));
        let part = Stretch::Part(Period { from: self.from, until: Some(until) });
        if until > self.from { vec![recent, part] } else { vec![recent] }
    }

    /// Takes note of a listing whose rows were dealt with, but for so many, and of how to go on.
    pub(super) fn note_read(&mut self, stretch: &Stretch, listing: &Sweep, left: u32, now: Timestamp) {
        let (rows, is_done) = (listing.arrived.len(), listing.complete && left == 0);
        let latest = listing.arrived.iter().map(|row| row.updated_at).max();
        let seen = latest.map(|changed_at| Newest { changed_at, seen_at: now });
        self.newest = self.newest.into_iter().chain(seen).max_by_key(|newest| newest.their_now(now));
        let behind = self.newest.map_or(Duration::ZERO, |newest| newest.their_now(now).since(self.from));
        if listing.complete && stretch.is_up_to_now() {
            self.read_at = Some(now);
        }
        match (stretch, self.reach) {
            // What a listing that was cut short did not show may lie anywhere before what it showed.
            (Stretch::Whole(_), _) => {
                if let Some(latest) = latest.filter(|_| is_done) {
                    self.advance(latest.minus(OVERLAP));
                }
                if !listing.complete || rows > WHOLE_ROWS_MAX {
                    self.reach = Reach::InParts { length: behind.max(OVERLAP), since: now };
                }
            }
            (Stretch::Recent(_), _) => {
                let has_caught_up = behind <= OVERLAP + RECENT;
                if listing.complete && rows <= RECENT_ROWS_FEW && has_caught_up {
                    self.reach = Reach::Whole;
                }
            }
            (Stretch::Part(period), Reach::InParts { length, since }) => {
                let until = period.until.unwrap_or(now);
                if is_done {
                    self.advance(until);
                }
                let length = match listing.complete {
                    false => (until.since(period.from) / 2).max(PART_MIN),
                    true if rows <= PART_ROWS_FEW => length.saturating_mul(2),
                    true => length,
                };
                self.reach = Reach::InParts { length, since };
            }
            (Stretch::Part(_), Reach::Whole) => {}
        }
    }

    fn advance(&mut self, to: Timestamp) {
        self.from = self.from.max(to);
        let from = self.from;
        self.dealt_with.retain(|_, updated_at| *updated_at >= from);
        self.listed.retain(|_, updated_at| *updated_at >= from);
        self.nameless.retain(|_, row| row.updated_at >= from);
    }

    pub(super) fn is_dealt_with(&self, row: &ArrivedMoney) -> bool {
        self.dealt_with.contains_key(&row.row_ref)
    }

    pub(super) fn deal_with(&mut self, row: &ArrivedMoney) {
        self.in_vain.remove(&row.row_ref);
        self.dealt_with.insert(row.row_ref.clone(), row.updated_at);
    }

    /// Takes note of what stands in a list; gives when the oldest of that money came which stands in one for the first
    /// time and could have before, and when the list was read before. Money from before the window stands in it because
    /// something about it changed, and tells nothing; nor does what is read for the first time.
    pub(super) fn note_listed(
        &mut self,
        arrived: &[ArrivedMoney],
        stretch: &Stretch,
    ) -> Option<(Timestamp, Timestamp)> {
        let seen_since = match (stretch, self.reach) {
            (Stretch::Part(_), Reach::InParts { since, .. }) => since,
            (Stretch::Part(_) | Stretch::Whole(_) | Stretch::Recent(_), _) => self.from,
        };
        let is_new = |row: &&ArrivedMoney| row.created_at >= seen_since && !self.listed.contains_key(&row.row_ref);
        let oldest = arrived.iter().filter(is_new).map(|row| row.created_at).min();
        self.note_rows(arrived);
        oldest.zip(self.read_at)
    }

    pub(super) fn note_rows(&mut self, arrived: &[ArrivedMoney]) {
        for row in arrived {
            self.listed.insert(row.row_ref.clone(), row.updated_at);
            if row.payment_ref.is_none() {
                self.nameless.insert(row.row_ref.clone(), row.clone());
            }
        }
    }

    /// Rows of the same charge that were listed before that one and name no payment either.
    pub(super) fn rivals<'a>(&'a self, row: &'a ArrivedMoney) -> impl Iterator<Item = &'a ArrivedMoney> {
        let place = |row: &ArrivedMoney| (row.updated_at, row.row_ref.clone());
        self.nameless.values().filter(move |other| place(other) < place(row) && is_same_charge(other, row))
    }

    /// Whether the rows of the last listing may still wait for the rate limit.
    pub(super) fn may_wait(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|read_at| now.since(read_at) < ROWS_WAIT_WITHIN)
    }

    /// Whether a row is to be asked about now.
    pub(super) fn is_due(&self, row: &ArrivedMoney, now: Timestamp) -> bool {
        self.in_vain.get(&row.row_ref).is_none_or(|tries| tries.next_at <= now)
    }

    /// Counts a question that bore nothing out; `true` if it was the last.
    pub(super) fn count_in_vain(&mut self, row: &ArrivedMoney, now: Timestamp) -> bool {
        let count = self.in_vain.get(&row.row_ref).map_or(0, |tries| tries.count).saturating_add(1);
        let pause = ROW_FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(count.saturating_sub(1)));
        self.in_vain.insert(row.row_ref.clone(), Tries { count, next_at: now.plus(pause) });
        count >= ROW_TRIES_MAX
    }
}

fn is_same_charge(one: &ArrivedMoney, other: &ArrivedMoney) -> bool {
    (&one.charge_ref, &one.our_reference) == (&other.charge_ref, &other.our_reference)
}
