//! What a provider's names lead to.

use std::collections::BTreeMap;

use mstore_pay_domain::charge::{ChargeState, Opening};
use mstore_pay_domain::ids::{AccountId, OrderCode, ProviderRef};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::OrderWithPayments;
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

use super::fixtures::{
    Kit, at, commit_and_read, funds, merchant, must_commit, order_code, order_of, provider, provider_ref,
};
use super::{StoreHarness, Stores};

/// Of every order one of whose charges or receipts has one of the names at the account, all payments are told, and the
/// order, if it is registered: each once, whoever else has such a name elsewhere.
pub async fn names_lead_to_whole_orders(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let write = OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    paid(&stores, &kit, ("TRX-1", "pr-1", "py-1")).await;
    commit_and_read(&stores, &kit.payment("TRX-1")).await;
    paid(&stores, &kit, ("TRX-2", "pr-2", "py-2")).await;
    commit_and_read(&stores, &kit.payment("TRX-3")).await;
    let (here, elsewhere) = (AccountId::main(), AccountId::parse("shop").expect("an account"));
    for (names, want) in [
        (&[][..], &[][..]),
        (&["pr-1"], &["TRX-1"]),
        (&["py-1"], &["TRX-1"]),
        (&["pr-1", "py-1"], &["TRX-1"]),
        (&["py-3", "py-2"], &["TRX-2"]),
        (&["pr-2", "py-1", "pr-3"], &["TRX-1", "TRX-2"]),
        (&["pr-3"], &[]),
    ] {
        let mut orders = BTreeMap::new();
        for code in want {
            let code = order_code(code);
            let whole = stores.payments.order_with_payments(&merchant(), &code).await.expect("the store reads");
            orders.insert(code, whole);
        }
        assert_eq!(orders_named(&stores, &here, names).await, orders, "by {names:?}");
        assert_eq!(orders_named(&stores, &elsewhere, names).await, BTreeMap::new(), "by {names:?} at another account");
    }
}

async fn paid(stores: &Stores, kit: &Kit, (order, charge_ref, payment_ref): (&str, &str, &str)) {
    let mut payment = kit.payment(order);
    for charge in &mut payment.charges {
        charge.opening = Opening::Found { provider_ref: provider_ref(charge_ref), at: at(1) };
        charge.state = ChargeState::Paid(funds(payment_ref));
    }
    commit_and_read(stores, &payment).await;
}

async fn orders_named(stores: &Stores, account: &AccountId, names: &[&str]) -> BTreeMap<OrderCode, OrderWithPayments> {
    let refs: Vec<ProviderRef> = names.iter().copied().map(provider_ref).collect();
    let found = stores.payments.by_account_refs(&provider(), account, &refs).await.expect("the store reads");
    let count = found.len();
    let code = |order: &OrderWithPayments| order.payments.first().expect("a payment").order_code.clone();
    let by_code: BTreeMap<_, _> = found.into_iter().map(|order| (code(&order), order)).collect();
    assert_eq!(by_code.len(), count, "each order once");
    by_code
}
