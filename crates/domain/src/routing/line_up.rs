//! Who is asked, and in which order.

use std::time::Duration;

use crate::money::Money;
use crate::ports::{Availability, Capabilities};

/// How a provider's account stands for one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It would take it.
    Ready,
    /// It has not been answering; this opening may be the one that finds out whether it does again.
    OnTrial,
    /// It has not been answering, and is left alone.
    Resting {
        /// For how long.
        retry_after: Duration,
    },
    /// It takes no amount as small.
    BelowMinimum,
    /// It takes no amount as large.
    AboveMaximum,
    /// The payment is by a card's token, which another provider made.
    TokenOfAnother,
}

impl Standing {
    /// Where an account with these capabilities stands; without an amount every amount is taken to fit.
    #[must_use]
    pub fn of(capabilities: &Capabilities, availability: Availability, amount: Option<&Money>) -> Self {
        match amount {
            Some(amount) if *amount < capabilities.amount_min => Self::BelowMinimum,
            Some(amount) if *amount > capabilities.amount_max => Self::AboveMaximum,
            Some(_) | None => match availability {
                Availability::Ready => Self::Ready,
                Availability::OnTrial => Self::OnTrial,
                Availability::Resting { retry_after } => Self::Resting { retry_after },
            },
        }
    }

    /// Whether an opening would be sent there now.
    #[must_use]
    pub const fn is_asked(self) -> bool {
        match self {
            Self::Ready | Self::OnTrial => true,
            Self::Resting { .. } | Self::BelowMinimum | Self::AboveMaximum | Self::TokenOfAnother => false,
        }
    }

    /// One word for the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::OnTrial => "on_trial",
            Self::Resting { .. } => "resting",
            Self::BelowMinimum => "amount_below_minimum",
            Self::AboveMaximum => "amount_above_maximum",
            Self::TokenOfAnother => "token_of_another",
        }
    }
}

/// Whose a card's token is, by its place in the method's order: the first's that takes tokens, with which tills make
/// theirs. No other provider knows it. `None` where nobody takes any: then it is not looked at.
#[must_use]
pub fn maker_of_token(takes_tokens: impl IntoIterator<Item = bool>) -> Option<usize> {
    takes_tokens.into_iter().position(|takes| takes)
}

/// Those who are asked, first first, and those who are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineUp<T> {
    /// Asked in this order.
    pub asked: Vec<T>,
    /// Not asked, and why not.
    pub passed_over: Vec<(T, Standing)>,
}

/// Nobody would send an opening now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nowhere {
    /// Nobody offers the method.
    NotOffered,
    /// Nobody takes the amount.
    AmountUnfit,
    /// Whoever takes the amount is left alone for a while.
    Resting {
        /// When the first of them may be asked again.
        retry_after: Duration,
    },
}

/// Keeps the method's order, and passes over whoever would not be asked.
///
/// # Errors
/// [`Nowhere`] if that leaves nobody: a payment is then refused at once, with nothing written.
pub fn line_up<T>(offers: impl IntoIterator<Item = (T, Standing)>) -> Result<LineUp<T>, Nowhere> {
    let (mut asked, mut passed_over) = (Vec::new(), Vec::new());
    for (offer, standing) in offers {
        if standing.is_asked() {
            asked.push(offer);
        } else {
            passed_over.push((offer, standing));
        }
    }
    if !asked.is_empty() {
        return Ok(LineUp { asked, passed_over });
    }
    let rests = passed_over.iter().filter_map(|(_, standing)| match standing {
        Standing::Resting { retry_after } => Some(*retry_after),
        Standing::Ready
        | Standing::OnTrial
        | Standing::BelowMinimum
        | Standing::AboveMaximum
        | Standing::TokenOfAnother => None,
    });
    Err(match rests.min() {
        Some(retry_after) => Nowhere::Resting { retry_after },
        None if passed_over.is_empty() => Nowhere::NotOffered,
        None => Nowhere::AmountUnfit,
    })
}
