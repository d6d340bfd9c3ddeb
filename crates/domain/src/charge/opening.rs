//! How a charge came to be at the provider, who saw it, and how it is closed there.

use super::Artefact;
use crate::ids::ProviderRef;
use crate::time::Timestamp;

/// Whether a customer may have seen the charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Displayed, or about to be: it counts for the till.
    Displayable,
    /// Closed before anyone saw it: it is watched until it is dead, and never shown.
    Hidden {
        /// Since when.
        since: Timestamp,
    },
}

/// What is known of a charge's opening at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// The intent is committed; the provider has not answered.
    Intended,
    /// The provider answered, and the answer fits.
    Opened(Opened),
    /// The provider may or may not have it: no answer, or one that does not fit.
    Unknown {
        /// Since when.
        since: Timestamp,
    },
    /// An unknown one that turned up later, by webhook or listing.
    Found {
        /// The provider's id.
        provider_ref: ProviderRef,
        /// When we learned it.
        at: Timestamp,
    },
    /// The provider certainly does not have it.
    Refused {
        /// When it said so.
        at: Timestamp,
    },
}

/// A charge as the provider opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The provider's id of the object.
    pub provider_ref: ProviderRef,
    /// What to show.
    pub artefact: Artefact,
    /// When we got it.
    pub at: Timestamp,
    /// Until when the provider may take money for it, whatever our own expiry says.
    pub payable_until: Timestamp,
}

/// Whether the provider was asked to close the object, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Not asked.
    NotAsked,
    /// To be asked, or asked without a certain answer.
    Wanted {
        /// Times asked so far.
        attempts: u32,
        /// When it is to be asked (again).
        next_at: Timestamp,
    },
    /// The provider says it is closed.
    Confirmed,
    /// The provider cannot close such an object, or no longer: it dies by itself.
    Unsupported,
}
