use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases, unhurried};
use crate::till::{Messenger, Sale};

const SALES: u64 = 100;
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// Word of money taken back that the provider does not bear out is asked about for half a minute, or a little longer,
/// and then kept and put before a person.
const HEARD_OF_WITHIN: Duration = Duration::from_mins(1);

/// A sale that was paid, and of which a denial was told afterwards.
struct Sold {
    payment_id: String,
    /// Whether the bank did take the money back.
    is_taken_back: bool,
    was_paid: bool,
    is_acknowledged: bool,
}

/// The notification as Midtrans would write it had the bank taken the money back.
fn denial(settlement: &str, server_key: &str) -> String {
    let mut body: Value = serde_json::from_str(settlement).expect("a notification is JSON");
    (body["transaction_status"], body["status_code"]) = (json!("deny"), json!("202"));
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}")).to_owned();
    let signed = format!("{}202{}{server_key}", text("order_id"), text("gross_amount"));
    body["signature_key"] = json!(data_encoding::HEXLOWER.encode(&Sha512::digest(signed.as_bytes())));
    body.to_string()
}

/// The notification that told of the money on an object.
async fn settlement(shop: &Shop, object: &str) -> String {
    let deliveries = shop.rig.control.deliveries().await;
    let told = deliveries.iter().map(|delivery| (&delivery.charge_id, delivery.body.get()));
    let of_money = told.filter(|(charge, _)| *charge == object).find(|(_, body)| body.contains("\"settlement\""));
    of_money.map(|(_, body)| body.to_owned()).expect("a notification of the money")
}

async fn sell(shop: &Shop, messenger: &Messenger, number: u64) -> Sold {
    let sale = Sale::of(format!("F10-{number}"), 33_000).by("va_mandiri");
    let created = shop.till.create(&sale).await;
    let payment_id = created.data()["payment_id"].as_str().unwrap_or_else(|| panic!("{created:?}")).to_owned();
    let paid = shop.rig.control.approve(&sale.order_code, &Pay::default()).await;
    let object = paid["charge_id"].as_str().expect("an object").to_owned();
    let told = shop.till.await_status(&payment_id, "paid", TOLD_WITHIN).await;
    let is_taken_back = number.is_multiple_of(2);
    let is_acknowledged = if is_taken_back {
        shop.rig.control.take_back(&object).await;
        true
    } else {
        let denial = denial(&settlement(shop, &object).await, &shop.rig.secrets.midtrans_key);
        messenger.deliver(&denial).await.status() == 200
    };
    Sold { payment_id, is_taken_back, was_paid: told["status"] == "paid", is_acknowledged }
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_what_a_bank_takes_back_is_reversed_once_midtrans_says_so_when_asked() {
    let shop = Shop::open_at(&[Provider::Midtrans]).await;
    let n = cases(SALES);
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let sold = at_once(n, 8, |number| sell(&shop, &messenger, number)).await;
    let (taken_back, kept): (Vec<&Sold>, Vec<&Sold>) = sold.iter().partition(|sold| sold.is_taken_back);
    let mut unreversed = 0;
    for sold in &taken_back {
        let told = shop.till.await_status(&sold.payment_id, "reversed", TOLD_WITHIN).await;
        unreversed += usize::from(told["status"] != "reversed");
    }
    let reversed: Vec<String> = taken_back.iter().map(|sold| sold.payment_id.clone()).collect();
    let unflagged = shop.unflagged(&reversed, &["reversed"], Duration::from_secs(5)).await.len();
    let doubted: Vec<String> = kept.iter().map(|sold| sold.payment_id.clone()).collect();
    let unheard_of = shop.unflagged(&doubted, &["unmatched"], unhurried(HEARD_OF_WITHIN)).await.len();
    let mut wrongly_reversed = 0;
    for sold in &kept {
        wrongly_reversed += usize::from(shop.till.get(&sold.payment_id).await.data()["status"] != "paid");
    }
    let unpaid = sold.iter().filter(|sold| !sold.was_paid).count();
    let refused = sold.iter().filter(|sold| !sold.is_acknowledged).count();
    let (untrue, parked) = (kept.len(), shop.judge("F10").await.parked);
    println!(
        "F10 n={n} taken_back={} unpaid_before={unpaid} unreversed={unreversed} unflagged={unflagged} untrue={untrue} \
         wrongly_reversed={wrongly_reversed} unheard_of={unheard_of} refused={refused} parked={parked}",
        taken_back.len(),
    );
    assert_eq!((unpaid, unreversed, unflagged), (0, 0, 0), "unpaid before, not reversed, before no person");
    assert_eq!((wrongly_reversed, refused), (0, 0), "reversed on the word of a notification alone, and refused ones");
    assert_eq!(unheard_of, 0, "no person hears of what the provider did not bear out");
    assert_eq!(usize::try_from(parked), Ok(untrue), "what the provider did not bear out is kept");
}
