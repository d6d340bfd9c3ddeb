//! A merchant's payments are listed by what they are, page by page.

use mstore_pay_domain::charge::{ChargeState, Exposure, Funds, Payer, Receipt};
use mstore_pay_domain::ids::{AccountId, BranchId, ProviderId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{PaymentFilter, PaymentPlace};

use super::fixtures::{Kit, at, commit_and_read, funds, merchant, order_code, other_merchant, receipt};
use super::{StoreHarness, Stores};

async fn list(stores: &Stores, filter: &PaymentFilter, after: Option<PaymentPlace>, limit: u32) -> Vec<Payment> {
    stores.payments.list(filter, after, limit).await.expect("the store reads")
}

fn all() -> PaymentFilter {
    PaymentFilter::of(merchant())
}

/// Payments come newest first, whichever was written first, and every page starts where the one before
/// ended, also where several were made at the same moment.
pub async fn payments_are_listed_newest_first_page_by_page(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, seconds) in [20, 10, 20, 30, 20, 5].into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        payment.created_at = at(seconds);
        written.push(commit_and_read(&stores, &payment).await);
    }
    written.sort_by_key(|payment| std::cmp::Reverse(PaymentPlace::of(payment)));
    assert_eq!(list(&stores, &all(), None, 100).await, written);
    for size in 1..=4 {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = list(&stores, &all(), after, size).await;
            assert!(page.len() <= usize::try_from(size).expect("a small number"), "a page of {size} at most");
            let Some(last) = page.last() else { break };
            after = Some(PaymentPlace::of(last));
            pages.extend(page);
        }
        assert_eq!(pages, written, "in pages of {size}");
    }
    let gone = PaymentPlace { created_at: at(15), id: kit.payment_id() };
    assert_eq!(
        list(&stores, &all(), Some(gone), 100).await,
        written.split_off(4),
        "behind a payment that is not there"
    );
    assert_eq!(list(&stores, &all(), None, 0).await, [], "none");
}

/// The payments at an account, any merchant's, come oldest first from a time on, page by page; those at another account
/// or provider do not.
pub async fn payments_at_an_account_are_listed_oldest_first_page_by_page(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, seconds) in [20, 10, 20, 30, 9].into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        payment.created_at = at(seconds);
        written.push(commit_and_read(&stores, &payment).await);
    }
    for (provider_id, account_id) in [("acme", "elsewhere"), ("other", "main")] {
        let mut payment = kit.payment("TRX-elsewhere");
        payment.created_at = at(20);
        for charge in &mut payment.charges {
            charge.provider = ProviderId::parse(provider_id).expect("a provider");
            charge.account = AccountId::parse(account_id).expect("an account");
        }
        commit_and_read(&stores, &payment).await;
    }
    written.retain(|payment| payment.created_at >= at(10));
    written.sort_by_key(PaymentPlace::of);
    let charged = written.iter().flat_map(|payment| &payment.charges).next().expect("a charge");
    for size in [1, 3, 100] {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = stores.payments.at_account(&charged.provider, &charged.account, at(10), after, size).await;
            let page = page.expect("the store reads");
            let Some(last) = page.last() else { break };
            after = Some(PaymentPlace::of(last));
            pages.extend(page);
        }
        assert_eq!(pages, written, "in pages of {size}");
    }
}

/// One payment that differs from the plain one in everything that can be asked for.
fn odd_one(kit: &Kit) -> Payment {
    let mut odd = kit.payment("TRX-odd");
    odd.branch = BranchId::parse("B1").ok();
    odd.method = Method::Dana;
    odd.created_at = at(100);
    let payer = Payer::told(Some("BCA".to_owned()), None, Some("4711".to_owned()));
    let received = Receipt { payer, ..receipt("py-odd") };
    for charge in &mut odd.charges {
        charge.provider = ProviderId::parse("other").expect("a provider");
        charge.state = ChargeState::Paid(Funds::from_facts([received.clone()], [], []));
    }
    let mut hidden = kit.charge(&odd.order_code);
    hidden.provider = ProviderId::parse("third").expect("a provider");
    hidden.exposure = Exposure::Hidden { since: at(101) };
    odd.charges.push(hidden);
    odd
}

/// Each filter keeps what it asks for and nothing else, alone and with others.
pub async fn payments_are_listed_by_every_filter(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let plain = commit_and_read(&stores, &kit.payment("TRX-plain")).await;
    let odd = commit_and_read(&stores, &odd_one(&kit)).await;
    let provider = |id: &str| ProviderId::parse(id).ok();
    let branch = |id: &str| BranchId::parse(id).ok();
    let of_odd = [
        PaymentFilter { branch: branch("B1"), ..all() },
        PaymentFilter { order_code: Some(order_code("TRX-odd")), ..all() },
        PaymentFilter { status: Some(PaymentStatus::Paid), ..all() },
        PaymentFilter { method: Some(Method::Dana), ..all() },
        PaymentFilter { provider: provider("other"), ..all() },
        PaymentFilter { receipt_id: Some("4711".to_owned()), ..all() },
        PaymentFilter { from: Some(at(100)), ..all() },
        PaymentFilter { from: Some(at(100)), method: Some(Method::Dana), branch: branch("B1"), ..all() },
    ];
    for filter in of_odd {
        assert_eq!(list(&stores, &filter, None, 100).await, std::slice::from_ref(&odd), "{filter:?}");
    }
    let of_plain = [
        PaymentFilter { status: Some(PaymentStatus::Pending), ..all() },
        PaymentFilter { provider: provider("acme"), ..all() },
        PaymentFilter { to: Some(at(100)), ..all() },
    ];
    for filter in of_plain {
        assert_eq!(list(&stores, &filter, None, 100).await, std::slice::from_ref(&plain), "{filter:?}");
    }
    let of_none = [
        PaymentFilter { branch: branch("B2"), ..all() },
        PaymentFilter { provider: provider("third"), ..all() },
        PaymentFilter { receipt_id: Some("471".to_owned()), ..all() },
        PaymentFilter { method: Some(Method::Dana), status: Some(PaymentStatus::Pending), ..all() },
        PaymentFilter { from: Some(at(50)), to: Some(at(100)), ..all() },
        PaymentFilter::of(other_merchant()),
    ];
    for filter in of_none {
        assert_eq!(list(&stores, &filter, None, 100).await, [], "{filter:?}");
    }
}

/// The payment that pays an order is told: the oldest that holds money, of that order and that merchant.
pub async fn the_payment_that_holds_an_orders_money_is_told(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let put = async |owner, order: &str, made_after: u64, state: Option<ChargeState>| {
        let mut payment = kit.payment_of(owner, order);
        payment.created_at = at(made_after);
        for charge in payment.charges.iter_mut().filter(|_| state.is_some()) {
            charge.state = state.clone().unwrap_or(ChargeState::Initiated);
        }
        commit_and_read(&stores, &payment).await.id
    };
    let paid = |name: &str| Some(ChargeState::Paid(funds(name)));
    let told = async || {
        let told = stores.payments.paid_of_order(&merchant(), &order_code("TRX-1")).await;
        told.expect("the store reads")
    };
    put(merchant(), "TRX-1", 1, None).await;
    put(merchant(), "TRX-2", 1, paid("py-other-order")).await;
    put(other_merchant(), "TRX-1", 1, paid("py-other-merchant")).await;
    assert_eq!(told().await, None, "nothing came for the order");
    let second = put(merchant(), "TRX-1", 20, paid("py-2")).await;
    assert_eq!(told().await, Some(second));
    let first = put(merchant(), "TRX-1", 10, paid("py-1")).await;
    assert_eq!(told().await, Some(first), "the older of two");
}
