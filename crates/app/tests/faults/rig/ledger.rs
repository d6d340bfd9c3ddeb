//! The provider's own books, as the sandbox tells them: the truth that the gateway is held against.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Provider;
use super::provider::SNAP_PAGE;

/// One object at the provider.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LedgerCharge {
    pub(crate) provider: String,
    /// The provider's account that has it.
    pub(crate) account: String,
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) order_code: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) amount: i64,
    /// Whether a customer could pay it now.
    pub(crate) payable: bool,
    pub(crate) payable_until: DateTime<Utc>,
    /// The QR string, the account number or the page; empty of a push.
    pub(crate) artefact: String,
    pub(crate) payments: Vec<LedgerPayment>,
}

/// One go of a customer at it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LedgerPayment {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) paid_at: DateTime<Utc>,
}

impl LedgerCharge {
    /// Where it lies.
    pub(crate) fn provider(&self) -> Provider {
        Provider::of_object(&self.id)
    }

    /// Money that came, whatever it was.
    pub(crate) fn arrived(&self) -> impl Iterator<Item = &LedgerPayment> {
        self.payments.iter().filter(|payment| payment.status == "succeeded")
    }

    /// Money that came and is what was asked.
    pub(crate) fn fitting(&self) -> impl Iterator<Item = &LedgerPayment> {
        self.arrived().filter(|payment| payment.amount == self.amount && payment.currency == "IDR")
    }

    pub(crate) fn is_paid(&self) -> bool {
        self.fitting().next().is_some()
    }
}

/// A row of the sandbox's books.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LedgerRow {
    #[serde(flatten)]
    charge: LedgerCharge,
    method: String,
    created_at: DateTime<Utc>,
}

impl LedgerRow {
    /// The object, with its money at the time that the provider tells. Midtrans tells of a card when it was to be
    /// charged, however long its bank then asked the holder.
    pub(crate) fn into_told(self) -> LedgerCharge {
        let mut charge = self.charge;
        if charge.provider() == Provider::Midtrans && self.method == "credit_card" {
            for payment in &mut charge.payments {
                payment.paid_at = self.created_at;
            }
        }
        charge
    }
}

/// A page of Midtrans' on which a customer picks how to pay.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LedgerPage {
    account: String,
    token: String,
    reference: String,
    order_code: Option<String>,
    amount: i64,
    open: bool,
    closes_at: DateTime<Utc>,
}

impl LedgerPage {
    /// Whether that was picked on it.
    pub(crate) fn has(&self, charge: &LedgerCharge) -> bool {
        charge.provider() == Provider::Midtrans && charge.reference == self.reference
    }

    /// The page as the object that the gateway opened, at that address: the money on what was picked is its money.
    pub(crate) fn object(self, address: String, picked: &[LedgerCharge]) -> LedgerCharge {
        LedgerCharge {
            provider: Provider::Midtrans.word().to_owned(),
            account: self.account,
            id: format!("{SNAP_PAGE}{}", self.token),
            reference: self.reference,
            order_code: self.order_code,
            idempotency_key: None,
            amount: self.amount,
            payable: self.open,
            payable_until: self.closes_at,
            artefact: address,
            payments: picked.iter().flat_map(|charge| charge.payments.iter().cloned()).collect(),
        }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

/// One call of the gateway at the provider.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProviderCall {
    pub(crate) at: DateTime<Utc>,
    pub(crate) method: String,
    pub(crate) path: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) status: Option<u16>,
}

impl ProviderCall {
    pub(crate) fn opens(&self) -> bool {
        let opening = ["/payment_requests", "/qr_codes", "/sessions", "/v2/charge", "/snap/v1/transactions"];
        self.method == "POST" && opening.iter().any(|path| self.path.ends_with(path))
    }

    /// Whether the object was made and its answer sent as it should be.
    pub(crate) fn was_answered(&self) -> bool {
        matches!(self.status, Some(200 | 201))
    }

    /// The key that it was sent under, whatever its header is called.
    pub(crate) fn key(&self) -> Option<&str> {
        let named = ["idempotency-key", "x-idempotency-key"];
        named.into_iter().find_map(|name| self.headers.get(name)).map(String::as_str)
    }

    /// Who was called.
    pub(crate) fn provider(&self) -> Provider {
        if self.path.starts_with("/midtrans") { Provider::Midtrans } else { Provider::Xendit }
    }

    /// The order that an opening names.
    pub(crate) fn order_code(&self) -> &str {
        let named = [&self.body["metadata"]["order_code"], &self.body["custom_field1"]];
        named.into_iter().find_map(Value::as_str).unwrap_or_default()
    }

    /// The object that this call asked to close.
    pub(crate) fn closes(&self) -> Option<&str> {
        let path = self.path.strip_suffix("/cancel").filter(|_| self.method == "POST")?;
        path.rsplit('/').next()
    }
}

/// One attempt of the provider to tell the gateway something.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) provider: String,
    /// The provider's account that it is of.
    pub(crate) account: String,
    pub(crate) event: String,
    pub(crate) charge_id: String,
    pub(crate) body: Box<RawValue>,
    pub(crate) answer: Option<u16>,
}
