//! What whoever sells looks at first.

use futures::future::join_all;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer};
use mstore_pay_domain::ids::{IdempotencyKey, MerchantId};
use mstore_pay_domain::order::Order;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{BeforeSale, OrderWithPayments};
use mstore_pay_domain::unit_of_work::{IdempotencyWrite, OrderWrite, UnitOfWork};

use super::fixtures::{Kit, at, commit_and_read, merchant, must_commit, order_code, order_of, other_merchant};
use super::{StoreHarness, Stores};

/// So many orders of each of two merchants are looked at at once.
const LOOKING: usize = 12;

/// What stands of an order before it is sold again.
struct Standing {
    merchant: MerchantId,
    code: String,
    whole: OrderWithPayments,
    slot: IdempotencySlot,
    key: Option<IdempotencyRecord>,
}

/// Has an order registered, some payments made of it and a key used, each or not.
async fn standing(
    stores: &Stores,
    kit: &Kit,
    (merchant, code): (MerchantId, String),
    (is_registered, payments, is_used): (bool, usize, bool),
) -> Standing {
    let mut whole = OrderWithPayments::default();
    if is_registered {
        let order = Order { merchant: merchant.clone(), ..order_of(&code) };
        let write = OrderWrite { order: order.clone(), expected: Revision::NEW };
        must_commit(stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
        whole.order = Some(Order { revision: Revision::NEW.next(), ..order });
    }
    for number in 0..payments {
        let mut payment = kit.payment_of(merchant.clone(), &code);
        payment.created_at = at(u64::try_from(number).expect("a few"));
        whole.payments.push(commit_and_read(stores, &payment).await);
    }
    let key = IdempotencyKey::parse(format!("key-of-{code}")).expect("a key");
    let slot = IdempotencySlot { merchant: merchant.clone(), route: "POST /payments".to_owned(), key };
    let record = IdempotencyRecord {
        slot: slot.clone(),
        fingerprint: Digest::of(merchant.as_str().as_bytes()),
        payment: kit.payment_id(),
        expires_at: at(100),
        answer: KeptAnswer::Current,
    };
    if is_used {
        let claim = IdempotencyWrite::Claim { record: record.clone(), now: at(0) };
        must_commit(stores, &UnitOfWork { idempotency: vec![claim], ..UnitOfWork::default() }).await;
    }
    Standing { merchant, code, whole, slot, key: is_used.then_some(record) }
}

/// However many look at orders and keys at once, each is told what stands of the one that it named and of no other
/// merchant's: the order, if it is registered, its payments, if there are any, and what the key stands for, if it was used.
pub async fn many_who_sell_at_once_see_what_stands_of_each(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut all = Vec::new();
    for number in 0..LOOKING {
        let code = format!("TRX-{number}");
        let (is_registered, payments, is_used) = (number % 2 == 0, number % 3, number % 4 < 2);
        let mine = (merchant(), code.clone());
        all.push(standing(&stores, &kit, mine, (is_registered, payments, is_used)).await);
        let theirs = (other_merchant(), code);
        all.push(standing(&stores, &kit, theirs, (!is_registered, 2 - payments, !is_used)).await);
    }
    let looks = all.iter().map(async |standing| {
        let (merchant, code) = (&standing.merchant, order_code(&standing.code));
        let whole = stores.payments.order_with_payments(merchant, &code);
        let (order, key) = (stores.orders.order(merchant, &code), stores.idempotency.idempotency(&standing.slot));
        let (slot, no_slot) = (Some(standing.slot.clone()), None);
        let before = stores.payments.before_sale(merchant, &code, &slot);
        let without_key = stores.payments.before_sale(merchant, &code, &no_slot);
        let elsewhere = IdempotencySlot { route: "POST /refunds".to_owned(), ..standing.slot.clone() };
        let elsewhere = async { stores.idempotency.idempotency(&elsewhere).await };
        let before = async { futures::join!(before, without_key) };
        futures::join!(whole, order, key, elsewhere, before)
    });
    for (standing, (whole, order, key, elsewhere, (before, without_key))) in all.iter().zip(join_all(looks).await) {
        let of = format!("{} of {}", standing.code, standing.merchant);
        assert_eq!(order.expect("the store reads"), standing.whole.order, "order {of}");
        assert_eq!(whole.expect("the store reads"), standing.whole, "order with payments {of}");
        assert_eq!(key.expect("the store reads"), standing.key, "key {of}");
        assert_eq!(elsewhere.expect("the store reads"), None, "key of another route {of}");
        let expected = BeforeSale { key: standing.key.clone(), order: standing.whole.clone() };
        assert_eq!(before.expect("the store reads"), expected, "before a sale {of}");
        let expected = BeforeSale { key: None, ..expected };
        assert_eq!(without_key.expect("the store reads"), expected, "before a sale without a key {of}");
    }
}
