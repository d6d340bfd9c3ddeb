use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mstore_pay_sandbox::{MidtransMerchant, XenditAccount};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::shop::{PATIENCE, SALE_WITHIN, Shop};
use crate::rig::ledger::{Delivery, LedgerCharge};
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::{Messenger, Sale, Till};

const MERCHANTS: u64 = 50;
const PAYMENTS: u64 = 5_000;
const AT_ONCE: usize = 16;
const PAID_WITHIN: Duration = Duration::from_secs(20);
/// 32 bytes in base64.
const ACCOUNT_KEY: &str = "c2VhbHMgdGhlIHNlY3JldHMgb2YgZmlmdHkgc2hvcHM=";
const BODY_IS_TEXT: &str = "a notification is of texts";

/// A merchant with an account of its own at each provider.
struct Merchant {
    till: Till,
    xendit: XenditAccount,
    midtrans: MidtransMerchant,
    /// By provider.
    doors: BTreeMap<&'static str, String>,
}

impl Merchant {
    /// Makes both accounts known; every second merchant's webhooks come by the door that names no account.
    async fn settle_in(shop: &Shop, number: u64) -> Self {
        let till = Till::new(&shop.rig, &merchant_name(number), "L0_OWNER", PATIENCE, &shop.log);
        let (xendit, midtrans) = (XenditAccount::sub(&business(number)), MidtransMerchant::other(&merchant_id(number)));
        let mut doors = BTreeMap::new();
        for (provider, account, known_as) in [
            ("xendit", json!({"credential": xendit.key, "webhook_secret": xendit.callback_token}), &xendit.business_id),
            ("midtrans", json!({"credential": midtrans.server_key}), &midtrans.merchant_id),
        ] {
            let mut asked = account;
            (asked["provider"], asked["provider_merchant_id"]) = (json!(provider), json!(known_as));
            let added = till.post("/api/v1/accounts", &asked).await;
            assert_eq!(added.status(), 201, "{added:?}");
            let data = added.data();
            let door = format!("/api/v1/webhook/{provider}/{}", data["id"].as_str().expect("a name"));
            let url = shop.rig.gateway_url.read().expect("a lock nobody panics under").clone();
            let told = if number.is_multiple_of(2) { door.clone() } else { format!("/api/v1/webhook/{provider}") };
            shop.rig.control.webhook_target_of(provider, known_as, &format!("{url}{told}")).await;
            doors.insert(provider, door);
        }
        Self { till, xendit, midtrans, doors }
    }

    /// What the account at that provider is called there.
    fn known_as(&self, provider: &str) -> &str {
        if provider == "xendit" { &self.xendit.business_id } else { &self.midtrans.merchant_id }
    }
}

/// One sale, as its till and its customer know it.
struct Sold {
    /// By its place among the merchants.
    merchant: u64,
    payment_id: String,
    /// The provider's id of what was paid.
    object: String,
    is_paid: bool,
    /// How often its neighbour was shown it.
    seen_by_others: usize,
}

async fn sell(shop: &Shop, number: u64, merchant: &Merchant, neighbour: &Merchant) -> Sold {
    // Order codes repeat over merchants.
    let at_xendit = (number / MERCHANTS).is_multiple_of(2);
    let method = if at_xendit { "qris" } else { "gopay" };
    let sale = Sale::of(format!("S18-{}", number / MERCHANTS), 33_000).by(method);
    let shown = merchant.till.sell(&sale, SALE_WITHIN).await.expect("something to pay");
    shop.rig.control.pay(&shown.reference, &Pay::default()).await;
    let told = merchant.till.await_status(&shown.payment_id, "paid", PAID_WITHIN).await;
    let foreign = [neighbour.till.get(&shown.payment_id).await, neighbour.till.get(&shown.reference).await];
    Sold {
        merchant: number % MERCHANTS,
        is_paid: told["status"] == "paid",
        seen_by_others: foreign.iter().filter(|look| look.status() != 404).count(),
        payment_id: shown.payment_id,
        object: shown.reference,
    }
}

/// How many sales' money is not in the books under the account of the merchant that sold.
fn paid_elsewhere(charges: &[LedgerCharge], merchants: &[Merchant], sold: &[Sold]) -> usize {
    let objects: BTreeMap<&str, &LedgerCharge> = charges.iter().map(|charge| (charge.id.as_str(), charge)).collect();
    let is_own = |sold: &&Sold| {
        let merchant = &merchants[usize::try_from(sold.merchant).expect("an index")];
        let object = objects.get(sold.object.as_str());
        object.is_some_and(|object| object.account == merchant.known_as(&object.provider) && object.is_paid())
    };
    sold.len() - sold.iter().filter(is_own).count()
}

/// How many payments some merchant's list has that are another's, or has not although they are its own.
async fn wrongly_listed(merchants: &[Merchant], sold: &[Sold]) -> usize {
    let mut wrong = 0;
    for (number, merchant) in (0_u64..).zip(merchants) {
        let items = merchant.till.listed("/api/v1/pos/payments?limit=100").await;
        let listed: BTreeSet<&str> = items.iter().filter_map(|item| item["payment_id"].as_str()).collect();
        let own = sold.iter().filter(|sold| sold.merchant == number).map(|sold| sold.payment_id.as_str()).collect();
        wrong += listed.symmetric_difference(&own).count();
    }
    wrong
}

fn merchant_name(number: u64) -> String {
    format!("SHOP-{number:02}")
}

fn business(number: u64) -> String {
    format!("65f0aaaabbbbccccdddd{number:04}")
}

fn merchant_id(number: u64) -> String {
    format!("G9000{number:05}")
}

/// The body as that merchant's provider would have proven it, with the header that does.
fn proven_by(merchant: &Merchant, delivery: &Delivery) -> (Vec<(&'static str, String)>, String) {
    let body = delivery.body.get();
    if delivery.provider == "xendit" {
        return (vec![("x-callback-token", merchant.xendit.callback_token.clone())], body.to_owned());
    }
    let mut fields: BTreeMap<String, Value> = serde_json::from_str(body).expect("a notification is an object");
    let text = |name: &str| fields[name].as_str().expect(BODY_IS_TEXT).to_owned();
    let signed =
        format!("{}{}{}{}", text("order_id"), text("status_code"), text("gross_amount"), merchant.midtrans.server_key);
    let signature = data_encoding::HEXLOWER.encode(&Sha512::digest(signed.as_bytes()));
    fields.insert("signature_key".to_owned(), json!(signature));
    (Vec::new(), json!(fields).to_string())
}

/// How many of the doors open that must not: the neighbour's to the webhook as it was, its own and the one without a
/// name to the webhook as the neighbour would prove it.
async fn wrongly_verified(messenger: &Messenger, own: &Merchant, neighbour: &Merchant, delivery: &Delivery) -> usize {
    let provider = delivery.provider.as_str();
    let bare = format!("/api/v1/webhook/{provider}");
    let (own_proof, own_body) = proven_by(own, delivery);
    let (foreign_proof, foreign_body) = proven_by(neighbour, delivery);
    let mut opened = 0;
    for (door, proof, body) in [
        (&neighbour.doors[provider], &own_proof, &own_body),
        (&own.doors[provider], &foreign_proof, &foreign_body),
        (&bare, &foreign_proof, &foreign_body),
    ] {
        let proof: Vec<(&str, &str)> = proof.iter().map(|(name, value)| (*name, value.as_str())).collect();
        opened += usize::from(messenger.bring(door, &proof, body).await.status() != 401);
    }
    opened
}

fn plan() -> Plan {
    let mut plan = Plan::over(StoreKind::of_run())
        .with("ACCOUNT_KEY", ACCOUNT_KEY)
        .with("WEBHOOK_FAILURE_LIMIT", "off")
        .with("PROVIDER_ORDER", "qris=xendit,midtrans;gopay=midtrans,xendit")
        .selling_at(&[Provider::Xendit, Provider::Midtrans]);
    for number in 0..MERCHANTS {
        plan.sandbox_args.extend(["--xendit-sub-account".to_owned(), business(number)]);
        plan.sandbox_args.extend(["--midtrans-merchant".to_owned(), merchant_id(number)]);
    }
    plan
}

/// Held against the tills' answers and the provider's books alone: the judge of the other cases looks for webhooks in the
/// inbox of the environment's account only.
#[tokio::test(flavor = "multi_thread")]
async fn s18_fifty_merchants_with_accounts_of_their_own_never_meet() {
    let shop = Shop::open_as(plan()).await;
    let n = cases(PAYMENTS);
    let mut merchants = Vec::new();
    for number in 0..MERCHANTS {
        merchants.push(Merchant::settle_in(&shop, number).await);
    }
    let of = |number: u64| &merchants[usize::try_from(number % MERCHANTS).expect("an index")];
    let sold = at_once(n, AT_ONCE, |number| sell(&shop, number, of(number), of(number + 1))).await;
    let paid = sold.iter().filter(|sold| sold.is_paid).count();
    let seen_by_others: usize = sold.iter().map(|sold| sold.seen_by_others).sum();
    let wrongly_listed = wrongly_listed(&merchants, &sold).await;

    let by_name: BTreeMap<(&str, &str), usize> = merchants
        .iter()
        .enumerate()
        .flat_map(|(index, merchant)| {
            ["xendit", "midtrans"].map(|provider| ((provider, merchant.known_as(provider)), index))
        })
        .collect();
    let deliveries = shop.rig.control.deliveries().await;
    let (messenger, owner_of) = (Messenger::new(&shop.rig, &shop.log), |delivery: &Delivery| {
        by_name.get(&(delivery.provider.as_str(), delivery.account.as_str())).copied()
    });
    let count = u64::try_from(deliveries.len()).expect("a count");
    let opened = at_once(count, AT_ONCE, |number| {
        let delivery = &deliveries[usize::try_from(number).expect("an index")];
        let owner = owner_of(delivery).expect("a webhook of a merchant's own account");
        let neighbour = &merchants[(owner + 1) % merchants.len()];
        wrongly_verified(&messenger, &merchants[owner], neighbour, delivery)
    })
    .await;
    let opened: usize = opened.iter().sum();
    let charges = shop.rig.control.charges().await;
    let accounts: BTreeSet<(&str, &str)> =
        charges.iter().map(|charge| (charge.provider.as_str(), charge.account.as_str())).collect();
    let at_main = charges.iter().filter(|charge| charge.account == "main").count();
    let paid_elsewhere = paid_elsewhere(&charges, &merchants, &sold);
    let refused = deliveries.iter().filter(|delivery| delivery.answer != Some(200)).count();
    println!(
        "S18 merchants={MERCHANTS} accounts={} n={n} paid={paid} objects={} at_main={at_main} webhooks={count} \
         paid_elsewhere={paid_elsewhere} refused={refused} tries_elsewhere={} verified_elsewhere={opened} \
         looks_of_others={} shown_to_others={seen_by_others} wrongly_listed={wrongly_listed}",
        accounts.len(),
        charges.len(),
        3 * count,
        2 * n,
    );
    assert_eq!(u64::try_from(paid), Ok(n), "payments that were not told of");
    assert_eq!(
        (at_main, paid_elsewhere),
        (0, 0),
        "objects at the environment's account, money not at the merchant's own"
    );
    assert_eq!(refused, 0, "webhooks refused at their door");
    assert_eq!(
        (opened, seen_by_others, wrongly_listed),
        (0, 0, 0),
        "verified elsewhere, shown to others, listed wrongly"
    );
}
