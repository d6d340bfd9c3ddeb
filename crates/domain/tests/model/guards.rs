//! The guards, and what is left where one of them is taken away. Each is taken away at the port that keeps it, so that
//! the use cases that run are the ones that ship.

/// A guard that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Guard {
    /// The intent is committed before the provider hears of it.
    IntentFirst,
    /// A write that was decided on an outdated revision is refused.
    Fencing,
    /// A push whose answer was lost is not followed by another.
    Failover,
    /// Money of another amount than was asked is no payment.
    Amount,
    /// An order has one live payment.
    UniqueOrder,
    /// Whoever opens a charge holds its payment meanwhile.
    Lease,
    /// The same webhook is taken in once.
    Dedup,
    /// A webhook's word of money is borne out by asking.
    Confirmation,
}

impl Guard {
    pub(crate) const ALL: [Self; 8] = [
        Self::IntentFirst,
        Self::Fencing,
        Self::Failover,
        Self::Amount,
        Self::UniqueOrder,
        Self::Lease,
        Self::Dedup,
        Self::Confirmation,
    ];

    /// What is seeded in its place.
    pub(crate) const fn bug(self) -> &'static str {
        match self {
            Self::IntentFirst => "the provider is called before the intent is committed",
            Self::Fencing => "a write that was decided on an outdated revision is applied all the same",
            Self::Failover => "a push is taken for something that is only displayed",
            Self::Amount => "money is taken for as much as was asked",
            Self::UniqueOrder => "an order may have several live payments",
            Self::Lease => "nobody holds a payment that is being opened",
            Self::Dedup => "the same webhook is taken in each time it comes",
            Self::Confirmation => "a webhook's word of money is believed",
        }
    }
}

/// The guards that stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guards {
    without: Option<Guard>,
}

impl Guards {
    pub(crate) const fn all() -> Self {
        Self { without: None }
    }

    pub(crate) const fn without(guard: Guard) -> Self {
        Self { without: Some(guard) }
    }

    pub(crate) fn stands(self, guard: Guard) -> bool {
        self.without != Some(guard)
    }
}
