use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Transaction;
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

    /// Whether money may come twice on one object: what stays on paper or in a bank's app can be paid again.
    pub(crate) fn may_be_paid_again(self) -> bool {
        match self {
            Self::Qris | Self::VaBca | Self::VaBni | Self::VaBri | Self::VaMandiri => true,
            Self::Gopay | Self::Ovo | Self::Dana | Self::Shopeepay | Self::Card | Self::CardPage => false,
        }
    }
}

/// The API of Xendit's through which a charge was opened: the books are the same, ids and bodies are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Api {
    /// Payments API v3, sessions among it.
    #[default]
    V3,
    /// Payment requests of Payments API v2.
    V2,
    /// A payment method of v2 on its own, with no payment request.
    V2Method,
    /// QR Codes API without a version.
    QrV1,
    /// QR Codes API of 2022-07-31.
    Qr2022,
}

impl Api {
    pub(crate) fn is_of_qr_codes(self) -> bool {
        matches!(self, Self::QrV1 | Self::Qr2022)
    }
}

/// Where a charge stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    /// Shown to the customer, or about to be.
    Open,
    /// A card's bank has set the money aside; the merchant has yet to take it.
    Authorized,
    /// Money came while it was open.
    Paid,
    /// The last attempt failed.
    Failed,
    /// Withdrawn by the merchant.
    Canceled,
    /// Its time ran out.
    Expired,
}

/// What v2 calls a payment method: made with a charge, or before it and on its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) reference: String,
    /// Optional fields of the create body that later answers repeat as they came.
    pub(crate) echo: BTreeMap<String, Box<RawValue>>,
}

impl PaymentMethod {
    /// A text among its `channel_properties`.
    pub(crate) fn property(&self, name: &str) -> Option<String> {
        let properties: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(self.echo.get("channel_properties")?.get()).ok()?;
        serde_json::from_str(properties.get(name)?.get()).ok()
    }
}

/// One object at a provider that a customer can pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) provider: Provider,
    #[serde(default)]
    pub(crate) api: Api,
    /// The name of the account, as the control plane calls it.
    pub(crate) account: String,
    pub(crate) id: String,
    /// The merchant's reference, not unique where the provider does not ask for that.
    pub(crate) reference: String,
    /// From the metadata of the create call.
    pub(crate) order_code: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) method: Method,
    /// What the merchant asks for; none where the customer chooses.
    pub(crate) amount: Option<Amount>,
    pub(crate) currency: String,
    pub(crate) status: ChargeStatus,
    /// Whether it stays open when money came.
    #[serde(default)]
    pub(crate) reusable: bool,
    /// What the customer is shown: a QR string, a number, a page; nothing where it goes to their phone.
    pub(crate) artefact: String,
    /// Whether money is set aside first and taken by a call of its own.
    #[serde(default)]
    pub(crate) manual_capture: bool,
    /// The payment method of v2 that it is paid by.
    #[serde(default)]
    pub(crate) payment_method: Option<PaymentMethod>,
    /// What Midtrans keeps of it.
    #[serde(default)]
    pub(crate) transaction: Option<Transaction>,
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
    /// A charge in rupiah that was opened just now, with nothing optional on it.
    pub(crate) fn open(
        api: Api,
        account: &str,
        id: String,
        reference: String,
        method: Method,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            provider: Provider::Xendit,
            api,
            account: account.to_owned(),
            id,
            reference,
            order_code: None,
            idempotency_key: None,
            method,
            amount: None,
            currency: "IDR".to_owned(),
            status: ChargeStatus::Open,
            reusable: false,
            artefact: String::new(),
            manual_capture: false,
            payment_method: None,
            transaction: None,
            request_id: None,
            echo: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            payable_until: now,
            latest_payment_id: None,
            failure_code: None,
        }
    }

    /// A field of the create body that later answers repeat.
    pub(crate) fn echoed(&self, field: &str) -> Option<&RawValue> {
        self.echo.get(field).map(AsRef::as_ref)
    }

    /// The id of its payment request.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.as_deref().unwrap_or(&self.id)
    }

    /// Whether money may come twice on it. At Midtrans each transaction is paid once.
    pub(crate) fn may_be_paid_again(&self) -> bool {
        match self.provider {
            Provider::Xendit => self.method.may_be_paid_again(),
            Provider::Midtrans => false,
        }
    }

    /// Where its webhooks go; none stands for the account's own address.
    pub(crate) fn addresses(&self) -> Vec<Option<String>> {
        let Some(transaction) = &self.transaction else {
            return vec![None];
        };
        if transaction.instead.is_empty() {
            std::iter::once(None).chain(transaction.append.iter().cloned().map(Some)).collect()
        } else {
            transaction.instead.iter().cloned().map(Some).collect()
        }
    }

    /// Whether a customer who scans it at `now` can pay it in the ordinary way.
    pub(crate) fn is_payable(&self, now: DateTime<Utc>) -> bool {
        self.takes_money() && self.status == ChargeStatus::Open && now < self.payable_until
    }

    /// Whether a customer can pay it at all: a wallet or a card that is only kept for later cannot be.
    pub(crate) fn takes_money(&self) -> bool {
        self.api != Api::V2Method || self.method.may_be_paid_again()
    }
}
