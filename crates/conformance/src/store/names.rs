//! What a provider's names lead to.

use std::collections::BTreeMap;

use futures::future::join_all;
use mstore_pay_domain::charge::{ChargeState, Opening};
use mstore_pay_domain::ids::{AccountId, MerchantId, OrderCode, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{OrderWithPayments, PaymentInOrder, PaymentName};
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

use super::fixtures::{
    Kit, at, commit_and_read, funds, merchant, must_commit, order_code, order_of, other_merchant, provider,
    provider_ref, unit,
};
use super::{StoreHarness, Stores};

/// So many payments of each of two merchants are looked at at once.
const LOOKING: usize = 12;

/// Of every order one of whose charges or receipts has one of the names at the account, all payments are told, and the
/// order, if it is registered: each once, whoever has such a name at another account or provider, and no other merchant's.
pub async fn names_lead_to_whole_orders(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let write = OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    let here = (provider(), AccountId::main());
    let there = (provider(), AccountId::parse("shop").expect("an account"));
    let beyond = (ProviderId::parse("other").expect("a provider"), AccountId::main());
    let nowhere = (provider(), AccountId::parse("none").expect("an account"));
    paid(&stores, kit.payment("TRX-1"), &here, ("pr-1", "py-1")).await;
    commit_and_read(&stores, &kit.payment("TRX-1")).await;
    paid(&stores, kit.payment("TRX-2"), &here, ("pr-2", "py-2")).await;
    commit_and_read(&stores, &kit.payment("TRX-3")).await;
    paid(&stores, kit.payment("TRX-4"), &there, ("pr-1", "py-1")).await;
    paid(&stores, kit.payment("TRX-5"), &beyond, ("pr-1", "py-1")).await;
    paid(&stores, kit.payment_of(other_merchant(), "TRX-1"), &here, ("pr-9", "py-9")).await;
    let (mine, theirs) = (|code| (merchant(), order_code(code)), |code| (other_merchant(), order_code(code)));
    for (at, names, want) in [
        (&here, &[][..], vec![]),
        (&here, &["pr-1"], vec![mine("TRX-1")]),
        (&here, &["py-1"], vec![mine("TRX-1")]),
        (&here, &["pr-1", "py-1"], vec![mine("TRX-1")]),
        (&here, &["py-3", "py-2"], vec![mine("TRX-2")]),
        (&here, &["pr-2", "py-1", "pr-3"], vec![mine("TRX-1"), mine("TRX-2")]),
        (&here, &["pr-9"], vec![theirs("TRX-1")]),
        (&here, &["py-9", "pr-1"], vec![mine("TRX-1"), theirs("TRX-1")]),
        (&here, &["pr-3"], vec![]),
        (&there, &["pr-1", "py-1", "pr-2"], vec![mine("TRX-4")]),
        (&beyond, &["pr-1", "py-1", "pr-2"], vec![mine("TRX-5")]),
        (&nowhere, &["pr-1", "py-1"], vec![]),
    ] {
        let mut orders = BTreeMap::new();
        for (merchant, code) in want {
            let whole = stores.payments.order_with_payments(&merchant, &code).await.expect("the store reads");
            orders.insert((merchant, code), whole);
        }
        assert_eq!(orders_named(&stores, at, names).await, orders, "by {names:?} at {at:?}");
    }
}

/// However many look at once, each is told of the payment that it named, by its id or its charge's, and of nobody else's;
/// the same provider's id at two accounts may be two merchants', or two payments of one, of which the oldest is meant.
pub async fn many_who_look_at_once_see_what_each_named(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let write = OrderWrite { order: order_of("TRX-0"), expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    let there = (provider(), AccountId::parse("shop").expect("an account"));
    let there_too = (provider(), AccountId::parse("second").expect("an account"));
    let mut asked = Vec::new();
    for number in 0..LOOKING {
        let (code, names) = (format!("TRX-{number}"), (format!("pr-{number}"), format!("py-{number}")));
        for (account, payment) in [
            ((provider(), AccountId::main()), kit.payment(&code)),
            (there.clone(), kit.payment_of(other_merchant(), &code)),
        ] {
            let (owner, id) = (payment.merchant.clone(), payment.id);
            paid(&stores, payment, &account, (&names.0, &names.1)).await;
            asked.push((owner.clone(), PaymentName::Id(id), Some(id)));
            asked.push((owner.clone(), PaymentName::ProviderRef(provider_ref(&names.0)), Some(id)));
            // Money on a charge has a name that no client goes by.
            asked.push((owner.clone(), PaymentName::ProviderRef(provider_ref(&names.1)), None));
            let stranger = if owner == merchant() { other_merchant() } else { merchant() };
            asked.push((stranger, PaymentName::Id(id), None));
            asked.push((owner, PaymentName::Id(kit.payment_id()), None));
        }
    }
    let mut second = kit.payment("TRX-SECOND");
    second.created_at = at(1);
    paid(&stores, second, &there_too, ("pr-0", "py-second")).await;
    let looks = asked.iter().map(|(merchant, name, _)| stores.payments.payment_in_order(merchant, name));
    for ((merchant, name, id), found) in asked.iter().zip(join_all(looks).await) {
        let want = match id {
            Some(id) => Some(in_order(&stores, merchant, id).await),
            None => None,
        };
        assert_eq!(found.expect("the store reads"), want, "by {name:?} of {merchant}");
    }
}

/// A payment that paid its order, each part of it read by itself.
async fn in_order(stores: &Stores, merchant: &MerchantId, id: &PaymentId) -> PaymentInOrder {
    let payment = stores.payments.payment(merchant, id).await.expect("the store reads").expect("a payment");
    let order = stores.orders.order(merchant, &payment.order_code).await.expect("the store reads");
    PaymentInOrder { payment, order, paid_by: Some(*id) }
}

/// Commits a payment with money on a charge at that account.
async fn paid(
    stores: &Stores,
    mut payment: Payment,
    (provider, account): &(ProviderId, AccountId),
    (charge_ref, payment_ref): (&str, &str),
) {
    for charge in &mut payment.charges {
        charge.provider = provider.clone();
        charge.account = account.clone();
        charge.opening = Opening::Found { provider_ref: provider_ref(charge_ref), at: at(1) };
        charge.state = ChargeState::Paid(funds(payment_ref));
    }
    must_commit(stores, &unit(&payment)).await;
}

async fn orders_named(
    stores: &Stores,
    (provider, account): &(ProviderId, AccountId),
    names: &[&str],
) -> BTreeMap<(MerchantId, OrderCode), OrderWithPayments> {
    let refs: Vec<ProviderRef> = names.iter().copied().map(provider_ref).collect();
    let found = stores.payments.by_account_refs(provider, account, &refs).await.expect("the store reads");
    let count = found.len();
    let name = |order: &OrderWithPayments| {
        let first = order.payments.first().expect("a payment");
        (first.merchant.clone(), first.order_code.clone())
    };
    let by_name: BTreeMap<_, _> = found.into_iter().map(|order| (name(&order), order)).collect();
    assert_eq!(by_name.len(), count, "each order once");
    by_name
}
