//! What is said to a provider and what it answers.

use std::fmt;
use std::time::Duration;

use crate::charge::{Artefact, FailureReason, Receipt, RefundFact};
use crate::ids::{ChargeId, OrderCode, OurReference, ProviderRef, RefundId};
use crate::method::Method;
use crate::money::{Money, ReportedMoney};
use crate::time::Timestamp;

/// A charge to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCharge {
    /// Its id; [`ChargeId::open_key`] is the idempotency key.
    pub charge: ChargeId,
    /// Our reference.
    pub our_reference: OurReference,
    /// The order, to travel as metadata so that staff find it in the provider's dashboard.
    pub order_code: OrderCode,
    /// By what it is to be paid.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// When our display of it ends; sent where the provider takes an expiry.
    pub expires_at: Timestamp,
    /// A line for the customer.
    pub description: Option<String>,
    /// The phone a push goes to; only for methods that push.
    pub customer_phone: Option<String>,
    /// A provider's card token; only for cards.
    pub card_token: Option<CardToken>,
    /// Where pages lead afterwards.
    pub return_urls: Option<ReturnUrls>,
    /// Time for the answer.
    pub within: Duration,
}

/// Where a provider's page leads afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnUrls {
    /// After success.
    pub success: String,
    /// After failure.
    pub failure: String,
}

/// A card, as a token that the provider made in the customer's browser. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct CardToken(String);

impl CardToken {
    /// Longest token.
    pub const BYTES_MAX: usize = 128;

    /// Takes a token; `None` if it is too long, has characters no token has, or has no letter: then it may be a card
    /// number.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let token_like = (1..=Self::BYTES_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        let card_like = !text.bytes().any(|b| b.is_ascii_alphabetic());
        (token_like && !card_like).then_some(Self(text))
    }

    /// The token.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(..)")
    }
}

/// What was said on the wire, redacted, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// What we sent.
    pub request: Option<String>,
    /// What was answered.
    pub response: Option<String>,
    /// Fields of the answers that we do not know or cannot read, by their names.
    pub unknown_fields: Vec<String>,
}

/// A charge as the provider says it opened it; the caller compares it with what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedCharge {
    /// The provider's id.
    pub provider_ref: ProviderRef,
    /// The reference it echoed.
    pub our_reference: String,
    /// The amount it echoed.
    pub amount: ReportedMoney,
    /// What to show.
    pub artefact: Artefact,
    /// When the provider lets it expire, where it says so.
    pub expires_at: Option<Timestamp>,
    /// Where it stands.
    pub status: SnapshotStatus,
    /// What was said.
    pub exchange: Exchange,
}

/// Which charge is asked about, by every name we have for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The provider's id, where known.
    pub charge_ref: Option<ProviderRef>,
    /// Ids of payments on it that were heard of.
    pub payment_refs: Vec<ProviderRef>,
    /// Our reference.
    pub our_reference: OurReference,
    /// When it was intended: money cannot be older.
    pub created_at: Timestamp,
    /// Whether money is known to have come, or is said to have gone back: only then refunds are asked for. What this
    /// answer is the first to tell of needs no such question, which would cost a call for each payment: what goes back
    /// later is told by a word of its own.
    pub was_paid: bool,
}

/// A charge as the provider describes it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeSnapshot {
    /// The provider's id, where it is told.
    pub charge_ref: Option<ProviderRef>,
    /// The reference it carries, where it is told.
    pub our_reference: Option<String>,
    /// The order code it carries, where it is told.
    pub order_code: Option<String>,
    /// The amount it was opened for, where it is told.
    pub asked: Option<ReportedMoney>,
    /// Where it stands, money aside.
    pub status: SnapshotStatus,
    /// Money that came, whatever the status says.
    pub receipts: Vec<Receipt>,
    /// Money that went back.
    pub refunds: Vec<RefundFact>,
    /// Payments that were taken back, and when.
    pub reversals: Vec<(ProviderRef, Timestamp)>,
    /// Fees that the customer bore on top, by the payment they came with: they are no part of its receipt.
    pub fees: Vec<(ProviderRef, Money)>,
    /// When the provider lets it expire, where it says so.
    pub expires_at: Option<Timestamp>,
    /// What was said.
    pub exchange: Exchange,
}

/// Where a charge stands at the provider, money aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotStatus {
    /// It waits for money, or money came.
    Pending,
    /// Its time is over.
    Expired,
    /// It was cancelled.
    Canceled,
    /// It failed.
    Failed(FailureReason),
    /// A word we do not know: recorded, and nothing is concluded from it.
    Unrecognised(String),
}

/// A charge to close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelCharge {
    /// Its id; [`ChargeId::cancel_key`] is the idempotency key.
    pub charge: ChargeId,
    /// The provider's id.
    pub charge_ref: ProviderRef,
    /// Our reference.
    pub our_reference: OurReference,
    /// By what it was to be paid.
    pub method: Method,
    /// Time for the answer.
    pub within: Duration,
}

/// What came of closing a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceled {
    /// It is closed.
    Confirmed,
    /// It was over before: paid, expired, failed or cancelled. Ask which.
    TooLate,
}

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundCharge {
    /// Our id for it, also the idempotency key.
    pub refund: RefundId,
    /// The provider's id of the charge.
    pub charge_ref: ProviderRef,
    /// The provider's id of the payment.
    pub payment_ref: ProviderRef,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Time for the answer.
    pub within: Duration,
}

/// What came of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money went back.
    Done(RefundFact),
    /// It is on its way; a webhook will tell.
    Pending {
        /// The provider's id of the refund.
        refund_ref: ProviderRef,
    },
}

/// A test payment to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The provider's id of the charge.
    pub charge_ref: ProviderRef,
    /// How much.
    pub amount: Money,
    /// Time for the answer.
    pub within: Duration,
}

/// From when, and until when, money is listed that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// At or after.
    pub from: Timestamp,
    /// At or before; `None`: until now.
    pub until: Option<Timestamp>,
}

impl Period {
    /// From then until now.
    #[must_use]
    pub const fn since(from: Timestamp) -> Self {
        Self { from, until: None }
    }

    /// Whether that moment is in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

/// A listing of arrived money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// What arrived, oldest first.
    pub arrived: Vec<ArrivedMoney>,
    /// Whether the list was read to its end.
    pub complete: bool,
}

/// What a row of a listing says of its money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedAs {
    /// In so many words: a customer's payment, which came and stands.
    Received,
    /// Something that is not certainly that.
    Unclear,
}

/// Money that a listing shows: a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedMoney {
    /// The id of the row: never the key of a receipt.
    pub row_ref: ProviderRef,
    /// The payment it is about, where the row says so.
    pub payment_ref: Option<ProviderRef>,
    /// The charge it came on, where the row says so.
    pub charge_ref: Option<ProviderRef>,
    /// The reference it carries, where the row says so.
    pub our_reference: Option<String>,
    /// How much.
    pub money: ReportedMoney,
    /// What the row says of it.
    pub listed_as: ListedAs,
    /// When the row was made, soon after its money came.
    pub created_at: Timestamp,
    /// When the row was last changed: what must lie in the [`Period`].
    pub updated_at: Timestamp,
}
