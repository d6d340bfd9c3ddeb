//! What a provider can do with a method.

use std::time::Duration;

use crate::charge::Risk;
use crate::money::Money;

/// How a charge can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupSupport {
    /// By our reference, paid or not.
    ByReference,
    /// By the provider's id only.
    ById,
    /// By our reference, once the customer has picked how to pay on the provider's page. Before that a page that waits
    /// and one that never was may look alike.
    OncePicked,
    /// Not at all.
    None,
}

/// What makes opening a charge twice harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdempotencySupport {
    /// An idempotency key, honoured that long.
    Key {
        /// How long.
        ttl: Duration,
    },
    /// The reference is unique: a second charge under it is refused.
    Reference,
    /// Nothing.
    None,
}

/// Whether an opening would be sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It would.
    Ready,
    /// It would, to find out whether the provider answers again: it has not been answering.
    OnTrial,
    /// It would be refused before anything is sent, because the provider has not been answering.
    Resting {
        /// When that may be over.
        retry_after: Duration,
    },
}

/// What a provider can do with a method under an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Least amount.
    pub amount_min: Money,
    /// Largest amount.
    pub amount_max: Money,
    /// What an unanswered opening means.
    pub risk: Risk,
    /// What it means for an opening with a card's token; `None` where the method takes none.
    pub token_risk: Option<Risk>,
    /// How a charge is found again.
    pub lookup: LookupSupport,
    /// What makes opening it twice harmless.
    pub idempotency: IdempotencySupport,
    /// Whether a charge can be closed.
    pub cancel: bool,
    /// Whether money can be given back.
    pub refund: bool,
    /// Our own expiry where the till names none.
    pub expiry_default: Duration,
    /// The shortest expiry the till may name.
    pub expiry_min: Duration,
    /// The longest expiry the till may name.
    pub expiry_max: Duration,
    /// How long the provider's object can be paid whatever our own expiry says; `None` where the
    /// provider is told our expiry and keeps to it.
    pub natural_life: Option<Duration>,
}

impl Capabilities {
    /// Whether that amount is within the limits.
    #[must_use]
    pub fn takes(&self, amount: &Money) -> bool {
        (&self.amount_min..=&self.amount_max).contains(&amount)
    }

    /// What an unanswered opening means, with a card's token or without.
    #[must_use]
    pub fn risk_of(&self, by_token: bool) -> Risk {
        self.token_risk.filter(|_| by_token).unwrap_or(self.risk)
    }
}
