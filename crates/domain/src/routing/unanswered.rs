//! What follows when nobody knows whether the provider has the charge.

use crate::charge::Risk;

/// Everything that decides.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnansweredCase {
    /// What an unanswered opening means.
    pub risk: Risk,
    /// Whether what nobody was shown may be replaced (`FAILOVER_ON_UNKNOWN=displayed`).
    pub may_replace: bool,
    /// Whether the same call once more is harmless, by its key or by a unique reference.
    pub repeatable: bool,
    /// Whether there is time, and a try left, in this run.
    pub time_left: bool,
    /// Whether its line rests: nothing is sent there now.
    pub rests: bool,
    /// Whether another provider is ready.
    pub another: bool,
    /// Whether this provider had its turn: its share of the time, enough unanswered openings, or its trial; or its line
    /// rests.
    pub turn_over: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The same call once more: it brings what was made, or makes it.
    Repeat,
    /// Recovery repeats the same call until it is answered; the till is told to wait.
    AskOn,
    /// It is left as it is and looked for; the till is told to wait.
    Watch,
    /// The charge is put aside, and another opened at the same provider.
    Again,
    /// The charge is put aside, and another opened at the next provider.
    Next,
    /// The charge is put aside, and recovery opens another; the till is told to wait.
    Later,
}

/// One row of the table. `None` stands for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnansweredRow {
    /// What an unanswered opening means.
    pub risk: Risk,
    /// See [`UnansweredCase::may_replace`].
    pub may_replace: Option<bool>,
    /// See [`UnansweredCase::repeatable`].
    pub repeatable: Option<bool>,
    /// See [`UnansweredCase::time_left`].
    pub time_left: Option<bool>,
    /// See [`UnansweredCase::rests`].
    pub rests: Option<bool>,
    /// See [`UnansweredCase::another`].
    pub another: Option<bool>,
    /// See [`UnansweredCase::turn_over`].
    pub turn_over: Option<bool>,
    /// What is done.
    pub then: Unanswered,
}

const fn either(risk: Risk, then: Unanswered) -> UnansweredRow {
    UnansweredRow {
        risk,
        may_replace: None,
        repeatable: None,
        time_left: None,
        rests: None,
        another: None,
        turn_over: None,
        then,
    }
}

pub(super) const YES: Option<bool> = Some(true);
pub(super) const NO: Option<bool> = Some(false);

/// A key that is honoured: whatever was made, it brings.
const KEYED: UnansweredRow = UnansweredRow { repeatable: YES, ..either(Risk::Displayed, Unanswered::Repeat) };

/// The table: the first row that fits holds. A push is never followed by another charge, and no key is given up that is
/// honoured, unless another provider has something to show meanwhile.
pub const UNANSWERED: [UnansweredRow; 11] = [
    UnansweredRow { repeatable: YES, ..either(Risk::Pushed, Unanswered::Repeat) },
    either(Risk::Pushed, Unanswered::Watch),
    UnansweredRow { time_left: NO, then: Unanswered::AskOn, ..KEYED },
    UnansweredRow { may_replace: NO, rests: YES, then: Unanswered::AskOn, ..KEYED },
    UnansweredRow { rests: YES, another: NO, then: Unanswered::AskOn, ..KEYED },
    UnansweredRow { may_replace: NO, ..KEYED },
    UnansweredRow { may_replace: NO, ..either(Risk::Displayed, Unanswered::Watch) },
    UnansweredRow { time_left: NO, ..either(Risk::Displayed, Unanswered::Later) },
    UnansweredRow { another: YES, turn_over: YES, ..either(Risk::Displayed, Unanswered::Next) },
    KEYED,
    either(Risk::Displayed, Unanswered::Again),
];

impl UnansweredRow {
    fn fits(self, case: UnansweredCase) -> bool {
        let agrees = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        self.risk == case.risk
            && agrees(self.may_replace, case.may_replace)
            && agrees(self.repeatable, case.repeatable)
            && agrees(self.time_left, case.time_left)
            && agrees(self.rests, case.rests)
            && agrees(self.another, case.another)
            && agrees(self.turn_over, case.turn_over)
    }
}

/// What the table says. Its last row of each risk fits whatever is left.
#[must_use]
pub fn after_unanswered(case: UnansweredCase) -> Unanswered {
    UNANSWERED.into_iter().find(|row| row.fits(case)).map_or(Unanswered::Watch, |row| row.then)
}
