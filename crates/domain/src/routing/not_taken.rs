//! What follows when a provider certainly did nothing, and did not refuse the payment as such.

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// Another charge is opened at the next provider.
    Next,
    /// Recovery comes back later: the till was told to wait.
    ComeBack,
    /// The payment fails: 503, and nothing is left behind at any provider.
    GiveUp,
}

/// One row of the table. `None` stands for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTakenRow {
    /// Whether another provider is ready.
    pub another: Option<bool>,
    /// Whether the till was told to wait.
    pub patient: Option<bool>,
    /// What is done.
    pub then: NotTaken,
}

/// The table: the first row that fits holds.
pub const NOT_TAKEN: [NotTakenRow; 3] = [
    NotTakenRow { another: Some(true), patient: None, then: NotTaken::Next },
    NotTakenRow { another: Some(false), patient: Some(true), then: NotTaken::ComeBack },
    NotTakenRow { another: Some(false), patient: Some(false), then: NotTaken::GiveUp },
];

/// What the table says.
#[must_use]
pub fn after_not_taken(another: bool, patient: bool) -> NotTaken {
    let fits =
        |row: &&NotTakenRow| row.another.is_none_or(|is| is == another) && row.patient.is_none_or(|is| is == patient);
    NOT_TAKEN.iter().find(fits).map_or(NotTaken::GiveUp, |row| row.then)
}
