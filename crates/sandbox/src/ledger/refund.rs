use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::amount::Amount;

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundOutcome {
    /// Under way.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed {
        /// The provider's word for why.
        code: String,
    },
    /// Called back by the merchant in time.
    Canceled,
}

/// Money on its way back to a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) charge_id: String,
    pub(crate) payment_id: String,
    pub(crate) reference: Option<String>,
    pub(crate) amount: Amount,
    pub(crate) reason: String,
    pub(crate) outcome: RefundOutcome,
    /// When it stops being pending, and how it ends then.
    pub(crate) settles: Option<(DateTime<Utc>, RefundOutcome)>,
    /// Optional fields of the create body that later answers repeat as they came.
    pub(crate) echo: BTreeMap<String, Box<RawValue>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Refund {
    /// When a refund that is still pending is settled.
    pub(crate) fn due(&self) -> Option<DateTime<Utc>> {
        let (at, _end) = self.settles.as_ref().filter(|_| self.outcome == RefundOutcome::Pending)?;
        Some(*at)
    }

    /// Whether its amount is gone from what can still be given back.
    pub(crate) fn counts(&self) -> bool {
        match self.outcome {
            RefundOutcome::Pending | RefundOutcome::Succeeded => true,
            RefundOutcome::Failed { .. } | RefundOutcome::Canceled => false,
        }
    }
}
