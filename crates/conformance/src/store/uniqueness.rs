//! Names that must be unique are.

use mstore_pay_domain::charge::{ChargeState, Funds, Opening};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::payment::Payment;

use super::fixtures::{
    Kit, assert_refused, at, commit_and_read, funds, is_duplicate, must_commit, other_merchant, paid_with,
    provider_ref, read, receipt, unit,
};
use super::{StoreHarness, Stores};

/// Commits `first`, then expects `second` to be refused as a duplicate, and the same under another
/// account to be none.
async fn check(stores: &Stores, first: &Payment, second: Payment) {
    let first = commit_and_read(stores, first).await;
    assert_refused(&stores.payments.commit(&unit(&second)).await, is_duplicate);
    assert_eq!(read(stores, &second).await, None, "the refused payment");
    assert_eq!(read(stores, &first).await, Some(first), "the earlier payment");
    let mut elsewhere = second;
    for charge in &mut elsewhere.charges {
        charge.account = AccountId::parse("shop").expect("an account");
    }
    must_commit(stores, &unit(&elsewhere)).await;
}

/// Two charges under one account never share our reference.
pub async fn our_reference_is_unique_within_an_account(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (first, mut second) = (kit.payment("TRX-1"), kit.payment_of(other_merchant(), "TRX-1"));
    for (taken, charge) in first.charges.iter().zip(&mut second.charges) {
        charge.our_reference = taken.our_reference.clone();
    }
    check(&rig.stores(), &first, second).await;
}

/// Two charges under one account never are the same object at the provider.
pub async fn provider_reference_is_unique_within_an_account(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (mut first, mut second) = (kit.payment("TRX-1"), kit.payment("TRX-2"));
    for charge in first.charges.iter_mut().chain(&mut second.charges) {
        charge.opening = Opening::Found { provider_ref: provider_ref("pr-1"), at: at(1) };
    }
    check(&rig.stores(), &first, second).await;
}

/// Money that arrived once is on record once: no two charges hold one receipt.
pub async fn receipt_is_unique_within_an_account(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (mut first, mut second) = (kit.payment("TRX-1"), kit.payment("TRX-2"));
    for charge in first.charges.iter_mut().chain(&mut second.charges) {
        charge.state = ChargeState::Paid(funds("py-1"));
    }
    check(&rig.stores(), &first, second).await;
    // Nor do two charges of one payment.
    let mut both = kit.payment("TRX-3");
    both.charges.push(kit.charge(&both.order_code));
    for charge in &mut both.charges {
        charge.state = ChargeState::Paid(funds("py-3"));
    }
    assert_refused(&rig.stores().payments.commit(&unit(&both)).await, is_duplicate);
}

/// A charge that is written again with its receipts is no duplicate of itself, and may gain more.
pub async fn receipt_repeated_on_its_own_charge_is_no_duplicate(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = kit.payment("TRX-1");
    let amount = payment.amount.clone();
    for charge in &mut payment.charges {
        charge.apply(&paid_with("py-1"), &amount);
    }
    let mut payment = commit_and_read(&stores, &payment).await;
    for charge in &mut payment.charges {
        charge.apply(&paid_with("py-2"), &amount);
    }
    let kept = commit_and_read(&stores, &payment).await;
    let want = ChargeState::Paid(Funds::from_facts([receipt("py-1"), receipt("py-2")], [], []));
    assert!(kept.charges.iter().all(|charge| charge.state == want), "{:?}", kept.charges);
}

/// A message is written once.
pub async fn message_id_is_unique(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (first, second) = (kit.payment("TRX-1"), kit.payment("TRX-2"));
    let message = kit.message(&first);
    let mut work = unit(&first);
    work.outbox.push(message.clone());
    must_commit(&stores, &work).await;
    let mut again = unit(&second);
    again.outbox.push(message);
    assert_refused(&stores.payments.commit(&again).await, is_duplicate);
    assert_eq!(read(&stores, &second).await, None);
}
