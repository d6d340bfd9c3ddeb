use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::provider::Provider;

/// How the customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// A dynamic QRIS code.
    Qris,
    Gopay,
    /// Pushed to the customer's phone.
    Ovo,
    Dana,
    Shopeepay,
    VaBca,
    VaBni,
    VaBri,
    VaMandiri,
    /// A card charged by its token.
    Card,
    /// A card typed in on a page of the provider's.
    CardPage,
}

impl Method {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Qris => "qris",
            Self::Gopay => "gopay",
            Self::Ovo => "ovo",
            Self::Dana => "dana",
            Self::Shopeepay => "shopeepay",
            Self::VaBca => "va_bca",
            Self::VaBni => "va_bni",
            Self::VaBri => "va_bri",
            Self::VaMandiri => "va_mandiri",
            Self::Card | Self::CardPage => "credit_card",
        }
    }

    /// Whether a customer whose attempt failed may try again on the same object.
    pub(crate) fn may_be_tried_again(self) -> bool {
        self == Self::CardPage
    }
}

/// Where a charge stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    /// Shown to the customer, or about to be.
    Open,
    /// Money came while it was open.
    Paid,
    /// The last attempt failed.
    Failed,
    /// Withdrawn by the merchant.
    Canceled,
    /// Its time ran out.
    Expired,
}

/// One object at a provider that a customer can pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) provider: Provider,
    /// The name of the account, as the control plane calls it.
    pub(crate) account: String,
    pub(crate) id: String,
    /// The merchant's reference, not unique where the provider does not ask for that.
    pub(crate) reference: String,
    /// From the metadata of the create call.
    pub(crate) order_code: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) method: Method,
    pub(crate) amount: Amount,
    pub(crate) currency: String,
    pub(crate) status: ChargeStatus,
    /// What the customer is shown: a QR string, a number, a page; nothing where it goes to their phone.
    pub(crate) artefact: String,
    /// The payment request behind a page, which bears an id of its own.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
    /// Optional fields of the create body that later answers repeat as they came.
    pub(crate) echo: BTreeMap<String, Box<RawValue>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// When the provider itself gives it up.
    pub(crate) payable_until: DateTime<Utc>,
    pub(crate) latest_payment_id: Option<String>,
    pub(crate) failure_code: Option<String>,
}

impl Charge {
    /// The id of its payment request.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.as_deref().unwrap_or(&self.id)
    }

    /// Whether a customer who scans it at `now` can pay it in the ordinary way.
    pub(crate) fn is_payable(&self, now: DateTime<Utc>) -> bool {
        self.status == ChargeStatus::Open && now < self.payable_until
    }
}
