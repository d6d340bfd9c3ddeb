//! What every payment provider's adapter promises.

mod cancelling;
mod errors;
mod fixtures;
mod inquiring;
mod opening;
mod refunding;
mod scenes;
mod simulating;
mod sweeping;

pub use cancelling::*;
pub use errors::*;
pub use inquiring::*;
pub use opening::*;
pub use refunding::*;
pub use scenes::*;
pub use simulating::*;
pub use sweeping::*;

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Operation, PaymentProvider};
use mstore_pay_domain::time::Timestamp;

/// Makes providers to be tested, each wired to a fake of its own.
#[async_trait]
pub trait ProviderHarness: Send + Sync {
    /// An adapter, an account in test mode, and a fake provider with empty books.
    async fn fresh(&self) -> Box<dyn ProviderRig>;
}

/// An adapter and the fake it talks to.
#[async_trait]
pub trait ProviderRig: Send + Sync {
    /// The adapter; fetched anew for each call.
    fn provider(&self) -> Arc<dyn PaymentProvider>;

    /// The adapter's `Debug` text, which must not show a secret; empty if it has none.
    fn describe(&self) -> String;

    /// The account that calls are made for, in test mode.
    fn account(&self) -> ProviderAccount;

    /// What must never be shown: by default the account's secrets; add the forms in which they travel.
    fn secrets(&self) -> Vec<String> {
        let account = self.account();
        let webhook = account.webhook_secrets.accepted().map(|secret| secret.expose().to_owned());
        webhook.chain([account.credential.expose().to_owned()]).collect()
    }

    /// A card's token that pays one charge at the fake; another each time where it is used up.
    fn card_token(&self) -> String {
        "tok-a1b2c3".to_owned()
    }

    /// Whether an answer to an opening names the amount and the reference. Where it is a page's address and no more,
    /// nobody can be told another: what the page asks for is judged by the money that comes.
    fn names_what_it_opens(&self) -> bool {
        true
    }

    /// The time at the fake.
    fn now(&self) -> Timestamp;

    /// From now on the fake does that to every call of that operation, until it is told
    /// [`Scene::Normal`]. Where it cannot refuse connections for one operation,
    /// [`provider`](Self::provider) may give an adapter that reaches nobody while
    /// [`Scene::Unreachable`] lasts.
    async fn arrange(&self, operation: Operation, scene: Scene);

    /// The customer pays, whether or not the charge is still open; no webhook is needed. Returns the
    /// id by which the fake names the payment.
    async fn pay(&self, reference: &OurReference, amount: &Money) -> ProviderRef;

    /// The charge's time is over at the fake.
    async fn expire(&self, reference: &OurReference);

    /// How many requests of any kind have reached the fake so far.
    async fn requests(&self) -> usize;

    /// How many charges the fake has under that reference.
    async fn objects(&self, reference: &OurReference) -> usize;
}

/// What the fake does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// What it should.
    Normal,
    /// The connection is refused.
    Unreachable,
    /// It takes the call, does nothing, and never answers.
    TimeoutBefore,
    /// It carries the call out and never answers.
    TimeoutAfter,
    /// It carries the call out and breaks the connection off before it answers.
    Disconnect,
    /// It carries the call out and answers that it broke down (HTTP: 500).
    ServerError,
    /// It refuses: too many calls (HTTP: 429).
    RateLimited,
    /// It refuses: the credential is wrong (HTTP: 401).
    Unauthorized,
    /// It refuses: the request is wrong (HTTP: 400).
    InvalidRequest,
    /// It says no to this payment, in whatever words it has for that.
    Declined,
    /// It carries the call out and answers something that makes no sense (HTTP: a page instead of JSON).
    Garbage,
    /// It carries the call out and answers with another amount.
    WrongAmount,
    /// It carries the call out and answers with another reference.
    WrongReference,
}

/// Every case of the provider suite, handed to a macro; see [`for_each_store_case!`](crate::for_each_store_case).
#[macro_export]
macro_rules! for_each_provider_case {
    ([$($callback:tt)+] $($arguments:tt)*) => {
        $($callback)+! { [$($arguments)*]
            capabilities_are_sensible,
            open_echoes_amount_and_reference,
            open_gives_something_to_put_before_the_customer,
            open_makes_one_object,
            opening_twice_is_as_harmless_as_declared,
            method_that_is_not_offered_is_refused_with_nothing_sent,
            inquire_tells_that_a_charge_is_pending,
            inquire_tells_that_a_charge_expired,
            inquire_finds_money_and_names_its_payment,
            inquire_finds_money_by_its_payment_alone,
            inquire_finds_money_on_an_expired_charge,
            inquire_reports_money_as_it_came,
            inquire_of_an_unknown_charge_is_not_found,
            inquire_by_reference_keeps_to_the_declared_lookup,
            inquire_answers_several_queries_in_order,
            inquire_about_nothing_sends_nothing,
            cancel_closes_a_charge_or_is_unsupported,
            cancel_of_a_paid_charge_is_too_late_or_unsupported,
            cancel_of_an_unknown_charge_changes_nothing,
            refund_gives_money_back_once_or_is_unsupported,
            simulate_pays_in_test_mode_or_is_unsupported,
            simulate_is_refused_in_live_mode_with_nothing_sent,
            sweep_lists_arrived_money_or_is_unsupported,
            sweep_lists_more_than_a_page_or_says_that_it_did_not,
            sweep_leaves_out_what_came_before,
            sweep_leaves_out_what_came_after,
            sweep_names_rows_by_ids_that_are_no_payments,
            open_to_nobody_was_not_applied,
            open_without_an_answer_is_unknown,
            open_that_was_carried_out_is_never_called_not_applied,
            open_that_was_not_answered_is_not_repeated,
            open_that_was_refused_was_not_applied,
            open_answered_with_nonsense_is_malformed_and_unknown,
            open_answered_with_another_amount_is_malformed_and_unknown,
            open_answered_with_another_reference_is_malformed_and_unknown,
            inquire_fails_with_the_right_kind,
            cancel_fails_with_the_right_kind_and_certainty,
            sweep_fails_with_the_right_kind,
            calls_end_within_their_time,
            errors_say_what_was_tried_and_leave_the_cause_to_the_source,
            secrets_are_never_shown,
        }
    };
}

/// Tests of a provider's adapter: `provider_suite!(name, harness)`, or
/// `provider_suite!(name, harness, #[tokio::test])` where its futures need a runtime. `harness` is an
/// expression of a [`ProviderHarness`].
#[macro_export]
macro_rules! provider_suite {
    ($name:ident, $harness:expr $(, #[$($attribute:tt)+])?) => {
        $crate::for_each_provider_case! { [$crate::__tests] provider, $name, $harness $(, #[$($attribute)+])? }
    };
}

/// The names of the cases that a provider's adapter fails, in order.
#[macro_export]
macro_rules! provider_failures {
    ($harness:expr) => {
        $crate::for_each_provider_case! { [$crate::__failures] provider, $harness }
    };
}
