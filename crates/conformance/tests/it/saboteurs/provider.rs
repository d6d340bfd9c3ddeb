//! Adapters of a provider with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::provider_failures;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::memory::ScriptedProvider;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, OpenCharge, OpenedCharge,
    PaymentProvider, ProviderError, Query, RefundCharge, RefundOutcome, Simulation, SnapshotStatus, Sweep,
};
use mstore_pay_domain::time::Timestamp;

use crate::memory::provider::{ScriptedHarness, Wrap};

#[derive(Debug, Clone, Copy)]
enum Bug {
    SaysNotAppliedAfterSending,
    OpensAgainWithoutAnAnswer,
    AsksForTheChargeOnly,
    SimulatesOnLiveAccounts,
    ShowsAnotherAmount,
}

struct Sabotaged {
    bug: Bug,
    provider: Arc<ScriptedProvider>,
}

#[async_trait]
impl PaymentProvider for Sabotaged {
    fn id(&self) -> ProviderId {
        self.provider.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.provider.capabilities(account, method)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.provider.availability(account, method)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        let mut outcome = self.provider.open(account, charge).await;
        match (self.bug, &mut outcome) {
            (Bug::SaysNotAppliedAfterSending, Err(error)) => error.certainty = Certainty::NotApplied,
            (Bug::OpensAgainWithoutAnAnswer, Err(error)) if error.is_transient() => {
                outcome = self.provider.open(account, charge).await;
            }
            (Bug::ShowsAnotherAmount, Ok(opened)) => {
                opened.amount.amount = opened.amount.amount.checked_add(&1.into()).unwrap();
            }
            (_, Ok(_) | Err(_)) => {}
        }
        outcome
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let mut answers = self.provider.inquire(account, queries, within).await;
        if matches!(self.bug, Bug::AsksForTheChargeOnly) {
            let expired = answers.iter_mut().flatten().filter(|told| told.status == SnapshotStatus::Expired);
            expired.for_each(|told| told.receipts.clear());
        }
        answers
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        self.provider.cancel(account, charge).await
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        self.provider.refund(account, refund).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        let mut account = account.clone();
        if matches!(self.bug, Bug::SimulatesOnLiveAccounts) {
            account.mode = mstore_pay_domain::account::AccountMode::Test;
        }
        self.provider.simulate(&account, simulation).await
    }

    async fn sweep(
        &self,
        account: &ProviderAccount,
        since: Timestamp,
        within: Duration,
    ) -> Result<Sweep, ProviderError> {
        self.provider.sweep(account, since, within).await
    }
}

#[track_caller]
fn check(bug: Bug, wrap: Wrap, caught_by: &[&str]) {
    let harness = ScriptedHarness { wrap, ..ScriptedHarness::plain() };
    assert_eq!(provider_failures!(harness), caught_by, "{bug:?}");
}

/// One bug, and the adapter that has it.
macro_rules! check {
    ($bug:expr, $caught_by:expr) => {
        check($bug, |provider| Arc::new(Sabotaged { bug: $bug, provider }), &$caught_by)
    };
}

#[test]
fn a_provider_that_says_not_applied_after_sending_is_caught() {
    check!(
        Bug::SaysNotAppliedAfterSending,
        [
            "open_without_an_answer_is_unknown",
            "open_that_was_carried_out_is_never_called_not_applied",
            "open_answered_with_nonsense_is_malformed_and_unknown",
            "open_answered_with_another_amount_is_malformed_and_unknown",
            "open_answered_with_another_reference_is_malformed_and_unknown"
        ]
    );
}

#[test]
fn a_provider_that_opens_again_without_an_answer_is_caught() {
    check!(Bug::OpensAgainWithoutAnAnswer, ["open_that_was_not_answered_is_not_repeated"]);
}

#[test]
fn a_provider_that_asks_for_the_charge_only_is_caught() {
    check!(Bug::AsksForTheChargeOnly, ["inquire_finds_money_on_an_expired_charge"]);
}

#[test]
fn a_provider_that_simulates_on_live_accounts_is_caught() {
    check!(Bug::SimulatesOnLiveAccounts, ["simulate_is_refused_in_live_mode_with_nothing_sent"]);
}

#[test]
fn a_provider_that_shows_another_amount_is_caught() {
    check!(Bug::ShowsAnotherAmount, ["open_echoes_amount_and_reference"]);
}
