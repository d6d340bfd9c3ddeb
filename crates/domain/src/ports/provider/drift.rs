//! What a provider says that we do not know. Providers add words and fields without asking: that is put on
//! record and counted, and is never an error to the cashier.

use std::error::Error as _;
use std::iter;

use super::{ChargeSnapshot, Exchange, OpenedCharge, ProviderError, ProviderErrorKind, SnapshotStatus};

/// Something in what a provider says that we do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// A word for where a charge stands.
    Status(String),
    /// A field of an answer.
    Field(String),
    /// A successful answer that is not of a shape we can use, and why.
    Shape(String),
    /// A word of a webhook.
    Webhook(String),
}

impl Drift {
    /// Most characters of it that are kept.
    pub const CHARS_MAX: usize = 120;

    /// One word for records and metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Field(_) => "field",
            Self::Shape(_) => "shape",
            Self::Webhook(_) => "webhook",
        }
    }

    /// What it is, cut.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Status(what) | Self::Field(what) | Self::Shape(what) | Self::Webhook(what) => {
                what.chars().take(Self::CHARS_MAX).collect()
            }
        }
    }
}

impl Exchange {
    fn drift(&self) -> impl Iterator<Item = Drift> + '_ {
        self.unknown_fields.iter().cloned().map(Drift::Field)
    }
}

fn of_status(status: &SnapshotStatus) -> Option<Drift> {
    match status {
        SnapshotStatus::Unrecognised(word) => Some(Drift::Status(word.clone())),
        SnapshotStatus::Pending | SnapshotStatus::Expired | SnapshotStatus::Canceled | SnapshotStatus::Failed(_) => {
            None
        }
    }
}

impl OpenedCharge {
    /// What in it we do not know.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        of_status(&self.status).into_iter().chain(self.exchange.drift()).collect()
    }
}

impl ChargeSnapshot {
    /// What in it we do not know.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        of_status(&self.status).into_iter().chain(self.exchange.drift()).collect()
    }
}

impl ProviderError {
    /// What in the answers that led to it we do not know.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        let shape = (self.kind == ProviderErrorKind::Malformed).then(|| {
            let why = iter::successors(self.source(), |&why| why.source());
            Drift::Shape(why.map(ToString::to_string).collect::<Vec<_>>().join(": "))
        });
        shape.into_iter().chain(self.exchange.drift()).collect()
    }
}
