//! Who is told how soon the truth was known.

use crate::ids::ProviderId;
use crate::method::Method;
use crate::time::Timestamp;

/// What had us ask, or tell us, of money that was recorded then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finder {
    /// The provider's webhook.
    Webhook,
    /// A listing of arrived money.
    Sweep,
    /// A worker's look at a payment that was due.
    Check,
    /// Somebody's look at the payment.
    Look,
    /// The question that follows a cancel.
    Closing,
    /// An operator who reconciles.
    Reconciling,
}

impl Finder {
    /// Every finder.
    pub const ALL: [Self; 6] = [Self::Webhook, Self::Sweep, Self::Check, Self::Look, Self::Closing, Self::Reconciling];

    /// One word for metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sweep => "sweep",
            Self::Check => "check",
            Self::Look => "look",
            Self::Closing => "closing",
            Self::Reconciling => "reconciling",
        }
    }
}

/// Money that a commit put on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedMoney {
    /// At which provider.
    pub provider: ProviderId,
    /// By which method.
    pub method: Method,
    /// What brought it.
    pub by: Finder,
    /// When the customer's money moved, as the provider says.
    pub paid_at: Timestamp,
    /// When it was put on record.
    pub recorded_at: Timestamp,
}

/// Hears of what was committed, so that it can be counted. It decides nothing, and MUST return at once.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Witness: Send + Sync {
    /// Money was put on record.
    fn recorded(&self, money: &RecordedMoney);
}

/// A witness that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn recorded(&self, _money: &RecordedMoney) {}
}
