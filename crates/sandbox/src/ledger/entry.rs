use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Answer, Charge, ChargeStatus, Fraud, Notification, Payment, Refund, RefundOutcome, SnapPage, TakenBack};
use crate::amount::Amount;
use crate::clock::ClockAnchor;
use crate::provider::Provider;

/// One change of the books, as the journal keeps it: one JSON line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Shown time was tied to real time.
    Anchored(ClockAnchor),
    /// A charge was opened.
    Opened(Box<Charge>),
    /// A charge changed without money moving.
    Moved { charge_id: String, status: ChargeStatus, at: DateTime<Utc> },
    /// A customer's attempt ended, well or badly.
    Attempted(Box<Payment>),
    /// A transaction of Midtrans' passed the check for fraud, or did not.
    Judged { charge_id: String, fraud: Fraud, at: DateTime<Utc> },
    /// What a card paid was settled before its time.
    Settled { charge_id: String, at: DateTime<Utc> },
    /// Money of a transaction of Midtrans' was taken back.
    TakenBack { charge_id: String, how: TakenBack, at: DateTime<Utc> },
    /// A card was turned into a token, for one use.
    Tokenized { account: String, token_id: String },
    /// A page to pick a payment method on was made.
    PageOpened(Box<SnapPage>),
    /// Nobody is to pick on it any more.
    PageCanceled { token: String, at: DateTime<Utc> },
    /// Money that was set aside was taken, all of it or less.
    Captured { payment_id: String, amount: Amount, at: DateTime<Utc> },
    /// Money that was set aside was given back.
    Released { payment_id: String, at: DateTime<Utc> },
    /// Money is to go back to a customer.
    Refunded(Box<Refund>),
    /// A refund was settled, or called back.
    RefundEnded { refund_id: String, outcome: RefundOutcome, at: DateTime<Utc> },
    /// The merchant changed an open charge; what is absent stays.
    Amended {
        charge_id: String,
        amount: Option<Amount>,
        payable_until: Option<DateTime<Utc>>,
        echo: BTreeMap<String, Box<RawValue>>,
        at: DateTime<Utc>,
    },
    /// A webhook was queued.
    Queued(Notification),
    /// A webhook was tried, or given up.
    Tried { notification_id: String, attempts: u32, next_at: Option<DateTime<Utc>> },
    /// A call with an idempotency key was answered.
    Answered(Box<Answer>),
    /// Webhooks of an account go elsewhere from now on.
    Targeted { provider: Provider, account: String, url: String },
    /// The books were emptied; accounts and their webhook targets stay.
    Reset,
}
