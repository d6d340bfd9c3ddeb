//! What tills did while their line was down, as they report it.

mod conflict;
mod device;
mod item;

pub use conflict::{ConflictKind, ConflictState, OfflineConflict, Resolution};
pub use device::{DeviceProgress, Gap, NumberRange, OfflineDevice};
pub use item::{OfflineItem, OfflinePayment, OfflineSale, OfflineTender, OfflineVoid, Reported, SaleState};

use std::fmt;
use std::str::FromStr;

use crate::audit::Digest;
use crate::ids::{BranchId, DeviceId, IdError, MerchantId, OrderCode, PaymentId};
use crate::time::Timestamp;

/// A till's own name for something it did: `DEVICE-YYYYMMDD-SEQ`. Case matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfflineReference(String);

impl OfflineReference {
    const WHAT: &'static str = "offline reference";
    /// The longest there is, in bytes.
    pub const BYTES_MAX: usize = DeviceId::BYTES_MAX + 1 + 8 + 1 + 16;

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

    /// The day that it names, as eight digits, and the number it has there; `None` if that is not decimal, so that
    /// nobody can tell what comes before it.
    #[must_use]
    pub fn numbered(&self) -> Option<(&str, u64)> {
        let (rest, sequence) = self.0.rsplit_once('-')?;
        let (_, day) = rest.rsplit_once('-')?;
        let is_decimal = sequence.bytes().all(|b| b.is_ascii_digit());
        sequence.parse().ok().filter(|_| is_decimal).map(|number| (day, number))
    }
}

impl FromStr for OfflineReference {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
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
    /// Every kind, in the order in which a batch is taken in.
    pub const ALL: [Self; 3] = [Self::Transaction, Self::Payment, Self::Void];

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
    /// Its content, as JSON text.
    pub body_json: String,
    /// When, by the till's clock.
    pub created_at_device: Timestamp,
    /// When it was reported.
    pub received_at: Timestamp,
    /// In which branch, where the token named one.
    pub branch: Option<BranchId>,
    /// The order that it is about.
    pub order_code: OrderCode,
    /// What it led to here: a payment, a tender, or the order itself.
    pub server_id: String,
}

/// What is kept of a payment that a till reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedPayment {
    /// The payment.
    pub payment: PaymentId,
    /// The tenant.
    pub merchant: MerchantId,
    /// The till.
    pub device: DeviceId,
    /// The till's name for it.
    pub reference: OfflineReference,
    /// The number on the customer's receipt, as the cashier read it.
    pub receipt_id: Option<String>,
    /// When, by the till's clock.
    pub created_at_device: Timestamp,
    /// When it was reported last.
    pub last_sync_at: Timestamp,
    /// How often it was reported.
    pub sync_attempts: u32,
}
