//! How recovery goes on with a payment whose opening did not end.

use super::unanswered::{NO, YES};

/// Everything that decides.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCase {
    /// Whether nobody waits for a charge any more: the payment's time is over, it was withdrawn or saw money, or too many
    /// openings of it went wrong.
    pub over: bool,
    /// Whether the last charge may have been pushed.
    pub pushed: bool,
    /// Whether the last charge's key is honoured, and its provider would be called now.
    pub repeatable: bool,
    /// Whether its key is honoured, and nothing is sent to its provider now.
    pub repeatable_later: bool,
    /// Whether the last charge was not answered and is not to be replaced (`FAILOVER_ON_UNKNOWN=never`).
    pub kept: bool,
    /// Whether a provider would be called now.
    pub ready: bool,
    /// Whether nobody would only because every line rests.
    pub all_rest: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// The last intent once more, under its key: it brings what was made, or makes it.
    Repeat,
    /// What was not answered is put aside, and another charge opened: at the same provider if it would be called, else at
    /// the first that would.
    Open,
    /// Recovery comes back later, and spends no charge on that.
    ComeBack,
    /// No more charges are opened: what was not answered is watched, out of sight unless it may have been pushed.
    Stop,
}

/// One row of the table. `None` stands for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryRow {
    /// See [`RecoveryCase::over`].
    pub over: Option<bool>,
    /// See [`RecoveryCase::pushed`].
    pub pushed: Option<bool>,
    /// See [`RecoveryCase::repeatable`].
    pub repeatable: Option<bool>,
    /// See [`RecoveryCase::kept`].
    pub kept: Option<bool>,
    /// See [`RecoveryCase::repeatable_later`].
    pub repeatable_later: Option<bool>,
    /// See [`RecoveryCase::ready`].
    pub ready: Option<bool>,
    /// See [`RecoveryCase::all_rest`].
    pub all_rest: Option<bool>,
    /// What is done.
    pub then: Recovery,
}

const fn whatever(then: Recovery) -> RecoveryRow {
    RecoveryRow {
        over: None,
        pushed: None,
        repeatable: None,
        kept: None,
        repeatable_later: None,
        ready: None,
        all_rest: None,
        then,
    }
}

/// The table: the first row that fits holds.
pub const RECOVERY: [RecoveryRow; 8] = [
    RecoveryRow { over: YES, ..whatever(Recovery::Stop) },
    RecoveryRow { pushed: YES, ..whatever(Recovery::Stop) },
    RecoveryRow { repeatable: YES, ..whatever(Recovery::Repeat) },
    RecoveryRow { kept: YES, repeatable_later: YES, ..whatever(Recovery::ComeBack) },
    RecoveryRow { kept: YES, repeatable_later: NO, ..whatever(Recovery::Stop) },
    RecoveryRow { ready: YES, ..whatever(Recovery::Open) },
    RecoveryRow { all_rest: YES, ..whatever(Recovery::ComeBack) },
    whatever(Recovery::Stop),
];

impl RecoveryRow {
    fn fits(self, case: RecoveryCase) -> bool {
        let agrees = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        agrees(self.over, case.over)
            && agrees(self.pushed, case.pushed)
            && agrees(self.repeatable, case.repeatable)
            && agrees(self.kept, case.kept)
            && agrees(self.repeatable_later, case.repeatable_later)
            && agrees(self.ready, case.ready)
            && agrees(self.all_rest, case.all_rest)
    }
}

/// What the table says. Its last row fits whatever is left.
#[must_use]
pub fn after_interruption(case: RecoveryCase) -> Recovery {
    RECOVERY.into_iter().find(|row| row.fits(case)).map_or(Recovery::Stop, |row| row.then)
}
