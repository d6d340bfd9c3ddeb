//! What tills did while their line was down, as they report it.

use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::audit::Digest;
use crate::ids::{DeviceId, IdError, MerchantId};
use crate::time::Timestamp;

/// A till's own name for something it did: `DEVICE-YYYYMMDD-SEQ`. Case matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfflineReference(String);

impl OfflineReference {
    const WHAT: &'static str = "offline reference";
    const BYTES_MAX: usize = DeviceId::BYTES_MAX + 1 + 8 + 1 + 16;

    /// Takes the text if its date is eight digits and its sequence 1 to 16 letters or digits.
    ///
    /// # Errors
    /// [`IdError`] saying which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let wrong = IdError::Alphabet { what: Self::WHAT };
        if text.is_empty() {
            return Err(IdError::Empty { what: Self::WHAT });
        }
        if text.len() > Self::BYTES_MAX {
            return Err(IdError::TooLong { what: Self::WHAT, limit_bytes: Self::BYTES_MAX });
        }
        let (rest, sequence) = text.rsplit_once('-').ok_or(wrong)?;
        let (device, date) = rest.rsplit_once('-').ok_or(wrong)?;
        DeviceId::parse(device)?;
        let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let is_sequence = (1..=16).contains(&sequence.len()) && sequence.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_date && is_sequence { Ok(Self(text.to_owned())) } else { Err(wrong) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OfflineReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of thing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfflineKind {
    /// A sale was made.
    Transaction,
    /// A payment was taken.
    Payment,
    /// A sale was called off.
    Void,
}

impl OfflineKind {
    /// One word for stores.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Payment => "payment",
            Self::Void => "void",
        }
    }
}

/// One thing a till did, as it was first reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineEntry {
    /// The tenant.
    pub merchant: MerchantId,
    /// The till.
    pub device: DeviceId,
    /// The till's name for it.
    pub reference: OfflineReference,
    /// What kind of thing it is.
    pub kind: OfflineKind,
    /// Digest of its canonical content: tells a repeat from a change.
    pub fingerprint: Digest,
    /// When, by the till's clock.
    pub created_at_device: Timestamp,
    /// When it was reported.
    pub received_at: Timestamp,
}

/// What came of recording an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfflineRecorded {
    /// It is new.
    New,
    /// The same was reported before.
    Same,
    /// Something else was reported under this reference before; it stays as it was.
    Differs {
        /// What is stored.
        stored: OfflineEntry,
    },
}

/// What tills reported.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OfflineStore: Send + Sync {
    /// Records an entry once per (merchant, kind, reference). A changed entry under a known reference
    /// MUST leave the stored one untouched.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    async fn record(&self, entry: &OfflineEntry) -> Result<OfflineRecorded, StoreError>;

    /// Every entry of a till, in the order in which they were reported.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError>;
}
