//! Ordering test payments.

use mstore_pay_domain::account::{AccountMode, ProviderAccount};
use mstore_pay_domain::ports::{ProviderErrorKind, Simulation};

use super::ProviderHarness;
use super::fixtures::{Kit, PATIENT, ask, ask_unpaid, assert_unsupported, open_first, query};

/// A provider that pays asynchronously has done so by then.
const ASKS_MAX: usize = 50;

/// In test mode the provider pretends that a customer paid; where it cannot, nothing is sent.
pub async fn simulate_pays_in_test_mode_or_is_unsupported(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    let simulation =
        Simulation { charge_ref: opened.provider_ref.clone(), amount: charge.amount.clone(), within: PATIENT };
    let before = rig.requests().await;
    match rig.provider().simulate(&rig.account(), &simulation).await {
        Ok(()) => {
            for _ in 0..ASKS_MAX {
                let told = ask(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
                let Some(told) = told else { return };
                if told.receipts.iter().any(|receipt| receipt.money.fits(&charge.amount)) {
                    return;
                }
            }
            panic!("the simulated payment never came");
        }
        Err(error) if error.kind == ProviderErrorKind::Unsupported => {
            assert_unsupported::<()>(Err(error));
            assert_eq!(rig.requests().await, before, "requests");
        }
        Err(error) => panic!("a simulation works or is unsupported: {error:?}"),
    }
}

/// Real money is never pretended: on a live account a simulation is refused before anything is sent.
pub async fn simulate_is_refused_in_live_mode_with_nothing_sent(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    let live = ProviderAccount { mode: AccountMode::Live, ..rig.account() };
    let simulation =
        Simulation { charge_ref: opened.provider_ref.clone(), amount: charge.amount.clone(), within: PATIENT };
    let before = rig.requests().await;
    assert_unsupported(rig.provider().simulate(&live, &simulation).await);
    assert_eq!(rig.requests().await, before, "requests");
    let told = ask_unpaid(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
    assert!(told.is_none_or(|told| told.receipts.is_empty()), "money was pretended");
}
