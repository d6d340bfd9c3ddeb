use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::amount::Amount;

/// A page of Midtrans' on which a customer picks how to pay: there is no transaction before that.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SnapPage {
    pub(crate) token: String,
    pub(crate) account: String,
    pub(crate) order_id: String,
    pub(crate) amount: Amount,
    /// What the customer may pick.
    pub(crate) offers: Vec<String>,
    /// Fields of the request that go to the transaction as they came.
    pub(crate) echo: BTreeMap<String, Box<RawValue>>,
    /// Where notifications go beside the account's address, and where instead.
    pub(crate) append: Vec<String>,
    pub(crate) instead: Vec<String>,
    #[serde(default)]
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) closes_at: DateTime<Utc>,
    /// When the merchant closed it, or asked for another one under its order id.
    pub(crate) canceled_at: Option<DateTime<Utc>>,
}

impl SnapPage {
    /// The order code that the merchant sent along.
    pub(crate) fn order_code(&self) -> Option<String> {
        serde_json::from_str(self.echo.get("custom_field1")?.get()).ok()
    }

    /// Whether a customer may still pick.
    pub(crate) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.canceled_at.is_none() && now < self.closes_at
    }
}
