//! What an unanswered opening means.

/// What may happen to a charge whose opening was not answered. Fixed with the intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// What nobody was shown cannot be paid: it may be put aside and another opened.
    Displayed,
    /// The customer's phone or card may be charged although we never heard: never sent again,
    /// never sent elsewhere.
    Pushed,
}

impl Risk {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Displayed, Self::Pushed];

    /// The word it is stored by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Displayed => "displayed",
            Self::Pushed => "pushed",
        }
    }
}
