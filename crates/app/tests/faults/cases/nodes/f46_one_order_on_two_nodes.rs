use std::collections::BTreeMap;

use crate::cases::shop::Shop;
use crate::rig::Plan;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const ORDERS: u64 = 200;
/// Requests for the same order at once.
const POSTS: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn f46_two_nodes_asked_for_the_same_order_open_one_object() {
    let shop = Shop::open_as(Plan::of_nodes(2)).await;
    let orders = cases(ORDERS);
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for number in 0..orders {
        let sale = Sale::of(format!("F46-{number}"), 33_000);
        let width = usize::try_from(POSTS).expect("a count");
        for exchange in at_once(POSTS, width, |_| shop.till.create(&sale)).await {
            *answers.entry(exchange.status()).or_default() += 1;
        }
        // Whoever was told to wait gets the same code now.
        shop.show(&sale).await;
    }
    let mut objects: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        *objects.entry(charge.order_code).or_default() += 1;
    }
    let doubled = objects.values().filter(|count| **count != 1).count();
    let found = u64::try_from(objects.len()).expect("a count");
    shop.judge("F46").await;
    println!("F46 n={orders} nodes=2 posts={POSTS} answers={answers:?} objects={found} orders_not_one={doubled}");
    assert_eq!((found, doubled), (orders, 0), "every order has exactly one object");
    let odd: Vec<u16> = answers.keys().copied().filter(|status| ![200, 202, 409].contains(status)).collect();
    assert!(odd.is_empty(), "answers of {odd:?}");
}
