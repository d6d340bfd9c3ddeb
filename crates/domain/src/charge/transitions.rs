//! The readable table of [`ChargeState::on`](super::ChargeState::on): its witness, not its law.

use std::fmt::Write as _;

use super::{ChargeStatus, SignalKind};

/// What a signal can do to a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It stands there afterwards.
    MovesTo(ChargeStatus),
    /// It stays where it is and holds more money.
    HoldsMore,
    /// Nothing new.
    Unchanged,
    /// Outranked.
    Stale,
    /// It does not fit.
    Disputed,
}

/// One cell: from a status, on a signal, all that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Where the charge stands.
    pub from: ChargeStatus,
    /// What is heard.
    pub on: SignalKind,
    /// What can come of it, depending on the data.
    pub effects: &'static [Effect],
}

const fn cell(from: ChargeStatus, on: SignalKind, effects: &'static [Effect]) -> Transition {
    Transition { from, on, effects }
}

use ChargeStatus as C;
use Effect::{Disputed, HoldsMore, MovesTo, Stale, Unchanged};
use SignalKind as S;

const MONEY: &[Effect] = &[MovesTo(C::Paid), Disputed];
const REFUND_FIRST: &[Effect] = &[MovesTo(C::Refunded)];
const REVERSAL_FIRST: &[Effect] = &[MovesTo(C::Reversed)];

/// Every status and signal, and what can come of each pair.
pub const TRANSITIONS: &[Transition] = &[
    cell(C::Initiated, S::Pending, &[MovesTo(C::Pending)]),
    cell(C::Initiated, S::Expired, &[MovesTo(C::Expired)]),
    cell(C::Initiated, S::Canceled, &[MovesTo(C::Canceled)]),
    cell(C::Initiated, S::Failed, &[MovesTo(C::Failed)]),
    cell(C::Initiated, S::Received, MONEY),
    cell(C::Initiated, S::Refunded, REFUND_FIRST),
    cell(C::Initiated, S::Reversed, REVERSAL_FIRST),
    cell(C::Pending, S::Pending, &[Unchanged]),
    cell(C::Pending, S::Expired, &[MovesTo(C::Expired)]),
    cell(C::Pending, S::Canceled, &[MovesTo(C::Canceled)]),
    cell(C::Pending, S::Failed, &[MovesTo(C::Failed)]),
    cell(C::Pending, S::Received, MONEY),
    cell(C::Pending, S::Refunded, REFUND_FIRST),
    cell(C::Pending, S::Reversed, REVERSAL_FIRST),
    cell(C::Expired, S::Pending, &[Stale]),
    cell(C::Expired, S::Expired, &[Unchanged]),
    cell(C::Expired, S::Canceled, &[MovesTo(C::Canceled)]),
    cell(C::Expired, S::Failed, &[MovesTo(C::Failed)]),
    cell(C::Expired, S::Received, MONEY),
    cell(C::Expired, S::Refunded, REFUND_FIRST),
    cell(C::Expired, S::Reversed, REVERSAL_FIRST),
    cell(C::Canceled, S::Pending, &[Stale]),
    cell(C::Canceled, S::Expired, &[Stale]),
    cell(C::Canceled, S::Canceled, &[Unchanged]),
    cell(C::Canceled, S::Failed, &[MovesTo(C::Failed)]),
    cell(C::Canceled, S::Received, MONEY),
    cell(C::Canceled, S::Refunded, REFUND_FIRST),
    cell(C::Canceled, S::Reversed, REVERSAL_FIRST),
    cell(C::Failed, S::Pending, &[Stale]),
    cell(C::Failed, S::Expired, &[Stale]),
    cell(C::Failed, S::Canceled, &[Stale]),
    cell(C::Failed, S::Failed, &[Unchanged]),
    cell(C::Failed, S::Received, MONEY),
    cell(C::Failed, S::Refunded, REFUND_FIRST),
    cell(C::Failed, S::Reversed, REVERSAL_FIRST),
    cell(C::Paid, S::Pending, &[Stale]),
    cell(C::Paid, S::Expired, &[Stale]),
    cell(C::Paid, S::Canceled, &[Stale]),
    cell(C::Paid, S::Failed, &[Stale]),
    cell(C::Paid, S::Received, &[Unchanged, HoldsMore, Disputed]),
    cell(C::Paid, S::Refunded, &[MovesTo(C::PartiallyRefunded), MovesTo(C::Refunded)]),
    cell(C::Paid, S::Reversed, &[MovesTo(C::Reversed), HoldsMore, Unchanged]),
    cell(C::PartiallyRefunded, S::Pending, &[Stale]),
    cell(C::PartiallyRefunded, S::Expired, &[Stale]),
    cell(C::PartiallyRefunded, S::Canceled, &[Stale]),
    cell(C::PartiallyRefunded, S::Failed, &[Stale]),
    cell(C::PartiallyRefunded, S::Received, &[Unchanged, HoldsMore, Disputed]),
    cell(C::PartiallyRefunded, S::Refunded, &[Unchanged, HoldsMore, MovesTo(C::Refunded)]),
    cell(C::PartiallyRefunded, S::Reversed, &[MovesTo(C::Reversed), MovesTo(C::Refunded), HoldsMore, Unchanged]),
    cell(C::Refunded, S::Pending, &[Stale]),
    cell(C::Refunded, S::Expired, &[Stale]),
    cell(C::Refunded, S::Canceled, &[Stale]),
    cell(C::Refunded, S::Failed, &[Stale]),
    cell(C::Refunded, S::Received, &[Unchanged, HoldsMore, MovesTo(C::PartiallyRefunded), Disputed]),
    cell(C::Refunded, S::Refunded, &[Unchanged, HoldsMore]),
    cell(C::Refunded, S::Reversed, &[MovesTo(C::Reversed), HoldsMore, Unchanged]),
    cell(C::Reversed, S::Pending, &[Stale]),
    cell(C::Reversed, S::Expired, &[Stale]),
    cell(C::Reversed, S::Canceled, &[Stale]),
    cell(C::Reversed, S::Failed, &[Stale]),
    cell(
        C::Reversed,
        S::Received,
        &[Unchanged, HoldsMore, MovesTo(C::Paid), MovesTo(C::PartiallyRefunded), MovesTo(C::Refunded), Disputed],
    ),
    cell(C::Reversed, S::Refunded, &[Unchanged, HoldsMore]),
    cell(C::Reversed, S::Reversed, &[Unchanged, HoldsMore]),
];

impl Effect {
    fn words(self) -> String {
        match self {
            MovesTo(status) => format!("**{}**", status.word()),
            HoldsMore => "holds more".to_owned(),
            Unchanged => "same".to_owned(),
            Stale => "stale".to_owned(),
            Disputed => "disputed".to_owned(),
        }
    }
}

/// The table as a Markdown page; `docs/states.md` is this text.
#[must_use]
pub fn transitions_markdown() -> String {
    let mut page = String::from(
        "# States of a charge\n\nGenerated from `TRANSITIONS` of the domain crate; do not edit. \
         Rows: where a charge stands. Columns: what is heard of it. Bold: where it stands afterwards; \
         several entries depend on the amounts.\n\n|  |",
    );
    for signal in SignalKind::ALL {
        let _infallible = write!(page, " {} |", signal.word());
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(SignalKind::ALL.len()));
    for from in ChargeStatus::ALL {
        let _infallible = write!(page, "\n| **{}** |", from.word());
        for on in SignalKind::ALL {
            let effects = TRANSITIONS.iter().find(|cell| cell.from == from && cell.on == on).map(|cell| cell.effects);
            let words: Vec<String> = effects.into_iter().flatten().map(|effect| effect.words()).collect();
            let _infallible = write!(page, " {} |", words.join(", "));
        }
    }
    page.push('\n');
    page
}
