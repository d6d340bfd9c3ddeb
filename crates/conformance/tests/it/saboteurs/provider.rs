//! Adapters of a provider with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::provider_failures;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{ProviderId, RefundId};
use mstore_pay_domain::memory::{ScriptedProvider, SequentialIds};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Endpoint, IdGenerator,
    IdempotencySupport, OpenCharge, OpenedCharge, PaymentProvider, Period, ProviderError, Query, RefundCharge,
    RefundOutcome, Simulation, SnapshotStatus, Sweep,
};

use crate::memory::provider::{ScriptedHarness, Wrap};

#[derive(Debug, Clone, Copy)]
enum Bug {
    SaysNotAppliedAfterSending,
    OpensAgainWithoutAnAnswer,
    AsksForTheChargeOnly,
    SimulatesOnLiveAccounts,
    ShowsAnotherAmount,
    ClosesWhatWasPaid,
    ListsOnePageOnly,
    RefundsUnderAnyName,
    ClaimsThatAKeyIsHonoured,
}

struct Sabotaged {
    bug: Bug,
    provider: Arc<ScriptedProvider>,
    ids: SequentialIds,
}

const PAGE_ROWS: usize = 50;

#[async_trait]
impl PaymentProvider for Sabotaged {
    fn id(&self) -> ProviderId {
        self.provider.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        let mut offered = self.provider.capabilities(account, method)?;
        if matches!(self.bug, Bug::ClaimsThatAKeyIsHonoured) {
            offered.idempotency = IdempotencySupport::Key { ttl: Duration::from_hours(1) };
        }
        Some(offered)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.provider.availability(account, method)
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.provider.counted_under(query)
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
        let outcome = self.provider.cancel(account, charge).await;
        let is_too_late = matches!(outcome, Ok(Canceled::TooLate));
        if is_too_late && matches!(self.bug, Bug::ClosesWhatWasPaid) { Ok(Canceled::Confirmed) } else { outcome }
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        let mut refund = refund.clone();
        if matches!(self.bug, Bug::RefundsUnderAnyName) {
            let half = refund.amount.minor_units() / 200;
            refund.amount = Money::from(u32::try_from(half).unwrap());
            refund.refund = RefundId::new(self.ids.uuid());
        }
        self.provider.refund(account, &refund).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        let mut account = account.clone();
        if matches!(self.bug, Bug::SimulatesOnLiveAccounts) {
            account.mode = mstore_pay_domain::account::AccountMode::Test;
        }
        self.provider.simulate(&account, simulation).await
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        let mut listed = self.provider.sweep(account, period, within).await?;
        if matches!(self.bug, Bug::ListsOnePageOnly) {
            listed.arrived.truncate(PAGE_ROWS);
        }
        Ok(listed)
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
        check($bug, |provider| Arc::new(Sabotaged { bug: $bug, provider, ids: SequentialIds::new(9) }), &$caught_by)
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

#[test]
fn a_provider_that_closes_what_was_paid_is_caught() {
    check!(Bug::ClosesWhatWasPaid, ["cancel_of_a_paid_charge_is_too_late_or_unsupported"]);
}

#[test]
fn a_provider_that_lists_one_page_only_is_caught() {
    check!(Bug::ListsOnePageOnly, ["sweep_lists_more_than_a_page_or_says_that_it_did_not"]);
}

#[test]
fn a_provider_that_refunds_under_any_name_is_caught() {
    check!(Bug::RefundsUnderAnyName, ["refund_gives_money_back_once_or_is_unsupported"]);
}

#[test]
fn a_provider_that_claims_that_a_key_is_honoured_is_caught() {
    check!(Bug::ClaimsThatAKeyIsHonoured, ["opening_twice_is_as_harmless_as_declared"]);
}
