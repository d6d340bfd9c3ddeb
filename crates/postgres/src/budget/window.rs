//! A window of calls that nodes share.

use diesel::prelude::*;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::memory::{Grant, SlidingWindow, WindowState};
use mstore_pay_domain::ports::{BudgetClass, Endpoint};
use mstore_pay_domain::time::Timestamp;

use crate::schema::rate_budget;

/// What a window is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct BudgetKey<'a> {
    pub(super) provider: &'a ProviderId,
    pub(super) account: &'a AccountId,
    pub(super) endpoint: Endpoint,
}

/// A window as text: what one node keeps for the next.
pub(super) struct WindowCell(String);

/// Micros since the epoch, the class by its place, calls.
type GrantCells = (i64, Option<usize>, u32);
/// The fields of [`WindowState`].
type WindowCells = (u32, u32, [i64; 3], [i64; 4], Vec<GrantCells>);

const CLASSES: [BudgetClass; 4] = [BudgetClass::Confirm, BudgetClass::Watched, BudgetClass::Fresh, BudgetClass::Rest];

impl<'a> BudgetKey<'a> {
    pub(super) fn values(&self) -> (&'a str, &'a str, &'static str) {
        (self.provider.as_str(), self.account.as_str(), endpoint_word(self.endpoint))
    }

    pub(super) fn columns(&self) -> BudgetKeyRow<'a> {
        let (provider, account_id, endpoint) = self.values();
        BudgetKeyRow { provider, account_id, endpoint }
    }
}

/// The columns of a key.
#[derive(Debug, Insertable)]
#[diesel(table_name = rate_budget, treat_none_as_default_value = false)]
pub(super) struct BudgetKeyRow<'a> {
    provider: &'a str,
    account_id: &'a str,
    endpoint: &'a str,
}

impl WindowCell {
    /// A window that nobody has kept yet.
    pub(super) const EMPTY: &'static str = "";

    pub(super) fn of(window: SlidingWindow) -> Self {
        let state = window.into_state();
        let log = state.log.iter().map(|grant| (grant.at.micros(), grant.class.and_then(place), grant.calls));
        let cells: WindowCells = (
            state.configured,
            state.limit,
            [state.next_slot, state.rest_slot, state.rest_asked_until].map(Timestamp::micros),
            state.waiting_until.map(Timestamp::micros),
            log.collect(),
        );
        Self(serde_json::to_string(&cells).unwrap_or_default())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The window, under the limit that is configured now; `None` where there is none to go on from.
    pub(super) fn read(&self, configured_now: u32) -> Option<SlidingWindow> {
        let (configured, limit, [next, rest, asked], waiting, log): WindowCells = serde_json::from_str(&self.0).ok()?;
        let grant = |(at, class, calls): GrantCells| {
            let class = class.map(|place| CLASSES.get(place).copied());
            Some(Grant { at: Timestamp::from_micros(at)?, class: class.flatten(), calls })
        };
        let [first, second, third, fourth] = waiting.map(Timestamp::from_micros);
        Some(SlidingWindow::resume(WindowState {
            configured: configured_now,
            limit: if configured == configured_now { limit } else { configured_now },
            log: log.into_iter().map(grant).collect::<Option<_>>()?,
            next_slot: Timestamp::from_micros(next)?,
            rest_slot: Timestamp::from_micros(rest)?,
            rest_asked_until: Timestamp::from_micros(asked)?,
            waiting_until: [first?, second?, third?, fourth?],
        }))
    }
}

impl From<String> for WindowCell {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn place(class: BudgetClass) -> Option<usize> {
    CLASSES.iter().position(|known| *known == class)
}

const fn endpoint_word(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Open => "open",
        Endpoint::Inquire => "inquire",
        Endpoint::Payment => "payment",
        Endpoint::Cancel => "cancel",
        Endpoint::Refund => "refund",
        Endpoint::Sweep => "sweep",
    }
}
