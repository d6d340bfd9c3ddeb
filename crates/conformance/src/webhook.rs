//! What every reader of a provider's webhooks promises.

mod authenticating;
mod decoding;
mod fixtures;

pub use authenticating::*;
pub use decoding::*;

use std::sync::Arc;

use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, OrderCode, OurReference, ProviderRef};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::RawWebhook;

/// Plays the provider: writes webhooks as it would, and as a forger would.
pub trait WebhookHarness: Send + Sync {
    /// The reader under test.
    fn source(&self) -> Arc<dyn WebhookSource>;

    /// An account of that name with those secrets, as the provider would have it.
    fn account(&self, id: AccountId, secrets: WebhookSecrets) -> ProviderAccount;

    /// A webhook with a right credential made of `secret`, exactly as the provider sends it.
    fn write(&self, account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook;

    /// The same webhook with its content in another order, and a right credential.
    fn reorder(&self, account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook;

    /// The webhook with its credential tampered with, wherever the provider puts it;
    /// [`tamper_with_header`] does it for a header.
    fn tamper(&self, raw: &RawWebhook, tampering: Tampering) -> RawWebhook;

    /// Whether the credential covers the body, so that a changed body is noticed. A bare token does not.
    fn covers_body(&self) -> bool;
}

/// What a webhook tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What happened.
    pub event: Event,
    /// The provider's id of the charge.
    pub charge_ref: ProviderRef,
    /// The provider's id of the payment.
    pub payment_ref: ProviderRef,
    /// Our reference.
    pub our_reference: OurReference,
    /// The order code that travelled with the charge.
    pub order_code: OrderCode,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// What happened, in the words of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Money came.
    Paid,
    /// Money came, in a webhook with fields that no reader knows.
    PaidWithMore,
    /// Money came, and where the amount should be is something that is none, such as `1e99` or `abc`.
    PaidUnreadably,
    /// The charge's time is over.
    Expired,
    /// The payment failed.
    Failed,
    /// Something of a kind that no reader knows.
    Unheard,
}

/// What a forger does to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tampering {
    /// One byte of it is another.
    Flipped,
    /// It is cut by one byte.
    Cut,
    /// It is empty.
    Emptied,
    /// It is not there.
    Removed,
    /// It is there twice.
    Doubled,
}

impl Tampering {
    /// Everything a forger does.
    pub const ALL: [Self; 5] = [Self::Flipped, Self::Cut, Self::Emptied, Self::Removed, Self::Doubled];
}

/// Tampers with a credential that travels in the header of that name.
#[must_use]
pub fn tamper_with_header(raw: &RawWebhook, name: &str, tampering: Tampering) -> RawWebhook {
    let mut headers = Vec::new();
    for (known, value) in &raw.headers {
        if !known.eq_ignore_ascii_case(name) {
            headers.push((known.clone(), value.clone()));
            continue;
        }
        let mut value = value.clone();
        match tampering {
            Tampering::Flipped => {
                let last = value.pop();
                value.push(if last == Some('0') { '1' } else { '0' });
            }
            Tampering::Cut => drop(value.pop()),
            Tampering::Emptied => value.clear(),
            Tampering::Removed => continue,
            Tampering::Doubled => headers.push((known.clone(), value.clone())),
        }
        headers.push((known.clone(), value));
    }
    RawWebhook { headers, body: raw.body.clone() }
}

/// Every case of the webhook suite, handed to a macro; see [`for_each_store_case!`](crate::for_each_store_case).
#[macro_export]
macro_rules! for_each_webhook_case {
    ([$($callback:tt)+] $($arguments:tt)*) => {
        $($callback)+! { [$($arguments)*]
            authentic_webhook_is_accepted_with_its_bytes,
            tampered_credential_is_refused,
            webhook_without_headers_or_body_is_refused,
            wrong_secret_is_refused,
            previous_secret_is_accepted_while_it_is_rotated,
            secret_of_another_account_is_refused,
            changed_body_is_noticed_if_the_credential_covers_it,
            unproven_webhook_names_the_account_that_it_names_when_proven,
            paid_claim_is_understood,
            expired_and_failed_claims_are_understood,
            reordered_content_means_the_same,
            unheard_event_is_no_error,
            more_fields_than_known_are_no_error,
            unreadable_amount_is_told_as_such,
            garbage_is_a_decode_error,
        }
    };
}

/// Tests of a webhook reader: `webhook_suite!(name, harness)`. `harness` is an expression of a
/// [`WebhookHarness`].
#[macro_export]
macro_rules! webhook_suite {
    ($name:ident, $harness:expr $(, #[$($attribute:tt)+])?) => {
        $crate::for_each_webhook_case! { [$crate::__tests] webhook, $name, $harness $(, #[$($attribute)+])? }
    };
}

/// The names of the cases that a webhook reader fails, in order.
#[macro_export]
macro_rules! webhook_failures {
    ($harness:expr) => {
        $crate::for_each_webhook_case! { [$crate::__failures] webhook, $harness }
    };
}
