//! Why a charge is opened where it is, for the payment's timeline.

use super::Standing;
use crate::ids::{AccountId, ProviderId};

/// What brought the charge to this provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// It is the first of those that offer the method.
    First,
    /// Those before it were passed over.
    OthersPassedOver,
    /// It has not been answering, and this opening is to find out whether it does again.
    OnTrial,
    /// The provider before certainly did nothing.
    NotTakenBefore,
    /// It did not answer; nobody saw what it may have made.
    UnansweredHere,
    /// The provider before did not answer; nobody saw what it may have made.
    UnansweredBefore,
    /// Whoever was opening was cut off, or had no time left.
    TakenUpAgain,
}

impl Because {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::First,
        Self::OthersPassedOver,
        Self::OnTrial,
        Self::NotTakenBefore,
        Self::UnansweredHere,
        Self::UnansweredBefore,
        Self::TakenUpAgain,
    ];

    /// One word for the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::OthersPassedOver => "others_passed_over",
            Self::OnTrial => "on_trial",
            Self::NotTakenBefore => "not_taken_before",
            Self::UnansweredHere => "unanswered_here",
            Self::UnansweredBefore => "unanswered_before",
            Self::TakenUpAgain => "taken_up_again",
        }
    }
}

/// An account that was not asked, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The provider.
    pub provider: ProviderId,
    /// The account.
    pub account: AccountId,
    /// How it stood.
    pub standing: Standing,
}

/// Where a charge is opened, and why there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The provider.
    pub provider: ProviderId,
    /// The account.
    pub account: AccountId,
    /// What brought it there.
    pub because: Because,
    /// Who was not asked.
    pub passed_over: Vec<PassedOver>,
}

impl Choice {
    /// Those who were not asked, for the record: `xendit/main resting, acme/main amount_above_maximum`.
    #[must_use]
    pub fn passed_over_text(&self) -> String {
        let words = |over: &PassedOver| format!("{}/{} {}", over.provider, over.account, over.standing.word());
        self.passed_over.iter().map(words).collect::<Vec<_>>().join(", ")
    }
}
