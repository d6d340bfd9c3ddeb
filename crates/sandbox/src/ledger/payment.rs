use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// How one attempt of a customer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentOutcome {
    /// The money moved.
    Succeeded,
    /// The money is set aside.
    Authorized,
    /// The money was set aside and given back.
    Released,
    /// It did not.
    Failed {
        /// The provider's word for why.
        code: String,
    },
}

/// One attempt of a customer on one charge, with its own id at the provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) charge_id: String,
    pub(crate) account: String,
    /// The id of the capture inside the payment object.
    pub(crate) capture_id: String,
    /// The id of the row in the provider's list of transactions; never a payment id.
    pub(crate) row_id: String,
    /// What the customer's bank sent, whatever the charge asked for.
    pub(crate) amount: Amount,
    pub(crate) currency: String,
    pub(crate) outcome: PaymentOutcome,
    pub(crate) paid_at: DateTime<Utc>,
    /// When money that had been set aside was taken.
    #[serde(default)]
    pub(crate) captured_at: Option<DateTime<Utc>>,
    /// When the customer's app read the code, if that was told.
    pub(crate) inquired_at: Option<DateTime<Utc>>,
    /// When the list of transactions starts to show it.
    pub(crate) listed_from: DateTime<Utc>,
    pub(crate) payer_name: String,
    pub(crate) issuer_name: String,
    /// What the payer's own app shows as the receipt number.
    pub(crate) receipt_id: String,
}

impl Payment {
    /// When the money came.
    pub(crate) fn arrived_at(&self) -> DateTime<Utc> {
        self.captured_at.unwrap_or(self.paid_at)
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.outcome == PaymentOutcome::Succeeded
    }
}
