//! The adapters in memory keep every promise.

pub(crate) mod budget;
pub(crate) mod ledger;
pub(crate) mod own_ledger;
pub(crate) mod provider;
pub(crate) mod store;
pub(crate) mod webhook;

use std::time::Duration;

use mstore_pay_conformance::{budget_suite, ledger_suite, provider_suite, store_suite, webhook_suite};
use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::memory::ScriptedProvider;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport, Operation};

use budget::MemoryBudgetHarness;
use ledger::MemoryLedgerHarness;
use provider::ScriptedHarness;
use store::MemoryStoreHarness;
use webhook::ScriptedWebhooksHarness;

store_suite!(store_suite, MemoryStoreHarness);
store_suite!(store_suite_on_a_runtime, MemoryStoreHarness, #[tokio::test(flavor = "multi_thread")]);

provider_suite!(provider_suite, ScriptedHarness::plain());
provider_suite!(provider_suite_of_one_that_can_everything, able());
provider_suite!(provider_suite_of_one_that_can_little, modest());
provider_suite!(provider_suite_of_one_that_finds_nothing, blind());

webhook_suite!(webhook_suite, ScriptedWebhooksHarness::plain());
ledger_suite!(ledger_suite, MemoryLedgerHarness);
budget_suite!(budget_suite, MemoryBudgetHarness);

fn capabilities() -> Capabilities {
    Capabilities {
        amount_min: Money::from(1),
        amount_max: Money::from(10_000_000),
        risk: Risk::Displayed,
        token_risk: None,
        lookup: LookupSupport::ByReference,
        idempotency: IdempotencySupport::Reference,
        cancel: true,
        refund: true,
        expiry_default: Duration::from_mins(5),
        expiry_min: Duration::from_mins(1),
        expiry_max: Duration::from_hours(1),
        natural_life: None,
    }
}

/// Every method, with a key or a unique reference, found by reference, refunds included.
fn able() -> ScriptedHarness {
    let arrange = |provider: ScriptedProvider| {
        let key = IdempotencySupport::Key { ttl: Duration::from_hours(24) };
        Method::ALL.into_iter().enumerate().fold(provider, |provider, (number, method)| {
            let capabilities = capabilities();
            let idempotency = if number % 2 == 0 { key } else { capabilities.idempotency };
            let risk = if method == Method::Ovo { Risk::Pushed } else { Risk::Displayed };
            provider.offering(method, Capabilities { idempotency, risk, ..capabilities })
        })
    };
    ScriptedHarness { arrange, ..ScriptedHarness::plain() }
}

/// One method that cannot be cancelled or refunded, no listing, no simulation.
fn modest() -> ScriptedHarness {
    let arrange = |provider: ScriptedProvider| {
        let bare = Capabilities {
            lookup: LookupSupport::ById,
            idempotency: IdempotencySupport::None,
            cancel: false,
            refund: false,
            ..capabilities()
        };
        Method::ALL
            .into_iter()
            .fold(provider, ScriptedProvider::not_offering)
            .offering(Method::Qris, bare)
            .without(Operation::Sweep)
            .without(Operation::Simulate)
    };
    ScriptedHarness { arrange, ..ScriptedHarness::plain() }
}

/// Charges that cannot be found again.
fn blind() -> ScriptedHarness {
    let arrange = |provider: ScriptedProvider| {
        let unseen = Capabilities { lookup: LookupSupport::None, ..capabilities() };
        Method::ALL.into_iter().fold(provider, ScriptedProvider::not_offering).offering(Method::Qris, unseen)
    };
    ScriptedHarness { arrange, ..ScriptedHarness::plain() }
}
