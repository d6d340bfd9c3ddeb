//! Merchants with accounts of their own: whose money goes where, whose secret opens which door.

use std::time::Duration;

use mstore_pay_app::open_store;
use mstore_pay_domain::accounts::ACCOUNT_CHANGES_SEEN_WITHIN;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::reason::Reason;
use mstore_pay_sandbox::{
    MidtransMerchant, RateLimit, RunningSandbox, SandboxConfig, XENDIT_CALLBACK_TOKEN_DEFAULT, XENDIT_KEY_DEFAULT,
    XenditAccount,
};
use mstore_pay_throwaway_postgres::Database;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::house::{Answer, Call, House, SOON, qris, run};

const ACCOUNTS: &str = "/api/v1/accounts";
const PAYMENTS: &str = "/api/v1/pos/payments";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "HxAeHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgA=";
const SUB: &str = "65f0aaaabbbbccccdddd0001";
const OTHER: &str = "G900000001";

/// A house at providers that know others beside its environment's account.
struct Mall {
    house: House,
    sandbox: RunningSandbox,
}

impl Mall {
    async fn open() -> Self {
        let sandbox = mstore_pay_sandbox::start(SandboxConfig {
            rate_limit: RateLimit::Off,
            sweep_lag_ms: 0,
            xendit_accounts: vec![XenditAccount::main(), XenditAccount::sub(SUB)],
            midtrans_merchants: vec![MidtransMerchant::main(), MidtransMerchant::other(OTHER)],
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.await.unwrap();
        let mut house = House::open_with(&[
            &format!("--account-key={KEY}"),
            &format!("--xendit-base-url={}", sandbox.xendit_base_url()),
            &format!("--xendit-secret-key={XENDIT_KEY_DEFAULT}"),
            &format!("--xendit-webhook-token={XENDIT_CALLBACK_TOKEN_DEFAULT}"),
            &format!("--midtrans-core-base-url={}", sandbox.midtrans_base_url()),
            "--midtrans-server-key=SB-Mid-server-sandbox",
        ])
        .await;
        house.sandbox = sandbox.base_url();
        Self { house, sandbox }
    }

    fn as_owner_of(&self, merchant: &str, method: Method, path: &str) -> Call {
        self.house.bare(method, path).bearer(&self.house.token(merchant, "L0_OWNER"))
    }

    async fn add(&self, merchant: &str, account: &Value) -> Value {
        let answer = self.as_owner_of(merchant, Method::POST, ACCOUNTS).json(account).send().await;
        answer.expect_status(201);
        answer.data()
    }

    async fn change(&self, merchant: &str, account: &Value, what: &str, body: &Value) -> Answer {
        let path = format!("{}/{what}", path_of(account));
        self.as_owner_of(merchant, Method::POST, &path).json(body).send().await
    }

    async fn sell(&self, merchant: &str, order: &str) -> Answer {
        self.house.as_cashier_of(merchant, Method::POST, PAYMENTS).json(&qris(order, 33_000)).send().await
    }

    /// The account at the provider under which an order was opened.
    async fn provider_account_of(&self, order: &str) -> Value {
        self.house.charges_of(order).await[0]["account"].clone()
    }

    /// Waits until it is told, or found: the sweep of an account that is new starts within ten seconds.
    async fn until_paid(&self, merchant: &str, payment: &Value) {
        let path = format!("{PAYMENTS}/{}?wait=10", payment["payment_id"].as_str().unwrap());
        let mut seen = Value::Null;
        for _ in 0..4 {
            seen = self.house.as_cashier_of(merchant, Method::GET, &path).send().await.data();
            if seen["status"] == "paid" {
                return;
            }
        }
        assert_eq!(seen["status"], "paid", "not in time: {seen}");
    }

    /// Every call that the provider got, once one like that is among them.
    async fn calls_until(&self, is_awaited: impl Fn(&Value) -> bool) -> Vec<Value> {
        // Which accounts there are is looked at every ten seconds.
        let deadline = Instant::now() + 3 * SOON;
        loop {
            let calls = self.house.client.get(format!("{}/_control/requests", self.house.sandbox));
            let calls: Vec<Value> = calls.send().await.unwrap().json().await.unwrap();
            if calls.iter().any(&is_awaited) {
                return calls;
            }
            assert!(Instant::now() < deadline, "not called in time: {calls:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn direct_webhooks(&self, provider: &str, of: &str, account: &Value) {
        let body = json!({"provider": provider, "account": of, "url": account["webhook_url"]});
        self.house.control(Method::PUT, "webhook-target", &body).await;
    }

    /// A webhook as Xendit would send it with that token; its status.
    async fn tell(&self, path: &str, token: &str, body: &Value) -> u16 {
        let call = self.house.bare(Method::POST, path).header("x-callback-token", token).json(body);
        call.send().await.status.as_u16()
    }

    async fn close(mut self) {
        self.house.stop().await;
        self.sandbox.stop().await;
    }
}

fn path_of(account: &Value) -> String {
    format!("{ACCOUNTS}/{}/{}", account["provider"].as_str().unwrap(), account["id"].as_str().unwrap())
}

fn webhook_path_of(account: &Value) -> String {
    format!("/api/v1/webhook/{}/{}", account["provider"].as_str().unwrap(), account["id"].as_str().unwrap())
}

/// The sub-account with a key of its own.
fn at_xendit() -> Value {
    let sub = XenditAccount::sub(SUB);
    json!({
        "provider": "xendit", "credential": sub.key, "webhook_secret": sub.callback_token,
        "provider_merchant_id": SUB
    })
}

async fn until_seen() {
    tokio::time::sleep(ACCOUNT_CHANGES_SEEN_WITHIN + Duration::from_millis(100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchants_money_goes_to_its_own_account_and_only_its_own_secret_opens_its_door() {
    let mall = Mall::open().await;
    let account = mall.add("M2", &at_xendit()).await;
    mall.direct_webhooks("xendit", SUB, &account).await;
    let (own, of_main) = (mall.sell("M2", "OWN-1").await.data(), mall.sell("M1", "MAIN-1").await.data());
    assert_eq!(mall.provider_account_of("OWN-1").await, SUB);
    assert_eq!(mall.provider_account_of("MAIN-1").await, "main");

    let token = XenditAccount::sub(SUB).callback_token;
    let (bare, path) = ("/api/v1/webhook/xendit", webhook_path_of(&account));
    let lie = json!({"id": own["reference_id"], "external_id": "OWN-1", "status": "PAID", "amount": 33_000});
    let named = |business: &str| {
        let mut body = lie.clone();
        body["business_id"] = json!(business);
        body
    };
    for (door, proof, body, status) in [
        (path.as_str(), XENDIT_CALLBACK_TOKEN_DEFAULT, lie.clone(), 401),
        (path.as_str(), "", lie.clone(), 401),
        (path.as_str(), token.as_str(), lie.clone(), 200),
        ("/api/v1/webhook/xendit/main", token.as_str(), named(SUB), 401),
        (bare, token.as_str(), lie.clone(), 401),
        (bare, token.as_str(), named("somebody"), 401),
        (bare, token.as_str(), named(SUB), 200),
        (bare, XENDIT_CALLBACK_TOKEN_DEFAULT, named(SUB), 200),
    ] {
        assert_eq!(mall.tell(door, proof, &body).await, status, "{door} {proof} {body}");
    }
    mall.house.customer_pays("OWN-1", true).await;
    mall.until_paid("M2", &own).await;
    mall.house.customer_pays("MAIN-1", false).await;
    mall.until_paid("M1", &of_main).await;
    let path = format!("{PAYMENTS}/{}", own["payment_id"].as_str().unwrap());
    mall.house.as_cashier_of("M1", Method::GET, &path).check(404, "not_found").await;
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_key_acts_for_a_sub_account_in_every_call() {
    let mall = Mall::open().await;
    let mut asked = at_xendit();
    (asked["credential"], asked["for_user_id"]) = (json!(XENDIT_KEY_DEFAULT), json!(SUB));
    asked.as_object_mut().unwrap().remove("provider_merchant_id");
    let account = mall.add("M2", &asked).await;
    assert_eq!((&account["for_user_id"], &account["provider_merchant_id"]), (&json!(SUB), &json!(SUB)));
    let paid = mall.sell("M2", "OWN-1").await.data();
    mall.house.customer_pays("OWN-1", false).await;
    mall.until_paid("M2", &paid).await;
    let cancelled = mall.sell("M2", "OWN-2").await.data();
    let path = format!("{PAYMENTS}/{}/cancel", cancelled["payment_id"].as_str().unwrap());
    mall.house.as_cashier_of("M2", Method::POST, &path).json(&json!({})).send().await.expect_status(200);
    // Only sweeps are made for `main`, which sold nothing.
    let is_sweep = |call: &&Value| call["path"].as_str().unwrap().starts_with("/xendit/transactions");
    let calls = mall.calls_until(|call| is_sweep(&call) && call["headers"]["for-user-id"] == SUB).await;
    let others: Vec<&Value> =
        calls.iter().filter(|call| call["path"].as_str().unwrap().starts_with("/xendit") && !is_sweep(call)).collect();
    assert!(others.len() >= 4, "{others:?}");
    assert!(others.iter().all(|call| call["headers"]["for-user-id"] == SUB), "{others:?}");
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_of_midtrans_is_verified_with_its_merchants_own_key() {
    let mall = Mall::open().await;
    let key = MidtransMerchant::other(OTHER).server_key;
    let asked = json!({"provider": "midtrans", "credential": key, "provider_merchant_id": OTHER});
    let account = mall.add("M2", &asked).await;
    mall.direct_webhooks("midtrans", OTHER, &account).await;
    let payment = mall.sell("M2", "OWN-1").await.data();
    assert_eq!(mall.provider_account_of("OWN-1").await, OTHER);
    mall.house.control(Method::POST, "pay", &json!({"provider": "midtrans", "order_code": "OWN-1"})).await;
    mall.until_paid("M2", &payment).await;
    let told: Vec<Value> = {
        let url = format!("{}/_control/webhooks", mall.house.sandbox);
        mall.house.client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let body = &told[0]["body"];
    for (door, status) in [
        ("/api/v1/webhook/midtrans", 200),
        ("/api/v1/webhook/midtrans/main", 401),
        (webhook_path_of(&account).as_str(), 200),
    ] {
        let answer = mall.house.bare(Method::POST, door).json(body).send().await;
        assert_eq!(answer.status.as_u16(), status, "{door}");
    }
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_whose_account_is_disabled_sells_nothing_and_loses_nothing() {
    let mall = Mall::open().await;
    let account = mall.add("M2", &at_xendit()).await;
    mall.direct_webhooks("xendit", SUB, &account).await;
    let before = mall.sell("M2", "OWN-1").await.data();
    mall.change("M2", &account, "disable", &json!({})).await.expect_status(200);
    until_seen().await;
    let refused = mall.sell("M2", "OWN-2").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error_code"]), (422, &json!("method_unsupported")));
    mall.house.customer_pays("OWN-1", true).await;
    mall.until_paid("M2", &before).await;
    let second = mall.add("M2", &at_xendit()).await;
    let taken = mall.change("M2", &account, "enable", &json!({})).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["error_code"]), (409, &json!("account_exists")));
    mall.change("M2", &second, "disable", &json!({})).await.expect_status(200);
    mall.change("M2", &account, "enable", &json!({})).await.expect_status(200);
    until_seen().await;
    mall.sell("M2", "OWN-3").await.expect_status(200);
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_before_opens_the_door_until_its_time_is_over() {
    let mall = Mall::open().await;
    let account = mall.add("M2", &at_xendit()).await;
    let (door, before) = (webhook_path_of(&account), XenditAccount::sub(SUB).callback_token);
    let body = json!({"id": "x", "external_id": "y", "status": "PENDING", "amount": 1});
    assert_eq!(mall.tell(&door, &before, &body).await, 200);
    let asked = json!({"webhook_secret": "after-the-rotation", "previous_for_seconds": 4});
    mall.change("M2", &account, "rotate", &asked).await.expect_status(200);
    until_seen().await;
    for (token, status) in [("after-the-rotation", 200), (before.as_str(), 200), ("neither", 401)] {
        assert_eq!(mall.tell(&door, token, &body).await, status, "{token}");
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (token, status) in [("after-the-rotation", 200), (before.as_str(), 401)] {
        assert_eq!(mall.tell(&door, token, &body).await, status, "{token} once the time is over");
    }
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_takes_what_its_terms_say() {
    let mall = Mall::open().await;
    let mut asked = at_xendit();
    asked["methods"] = json!(["qris"]);
    asked["limits"] = json!({"qris": {"min": 1_500, "max": 20_000}});
    let account = mall.add("M2", &asked).await;
    assert_eq!((&account["methods"], &account["limits"]["qris"]["max"]), (&json!(["qris"]), &json!(20_000)));
    let sell = |method: &str, amount: u32| {
        let mut body = qris("OWN-1", amount);
        body["method"] = json!(method);
        mall.house.as_cashier_of("M2", Method::POST, PAYMENTS).json(&body)
    };
    sell("qris", 20_001).check(422, "amount_above_maximum").await;
    sell("qris", 1_499).check(422, "amount_below_minimum").await;
    sell("gopay", 10_000).check(422, "method_unsupported").await;
    sell("qris", 20_000).send().await.expect_status(200);
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_their_owners_and_their_secrets_never_come_out() {
    let mall = Mall::open().await;
    let mut asked = at_xendit();
    asked["reason"] = json!("toko baru");
    let account = mall.add("M2", &asked).await;
    let one = path_of(&account);
    for role in ["L0_VIEWER", "L0_CASHIER", "SYSTEM_OPERATOR", "L0_STRANGER"] {
        for (method, path) in [(Method::GET, ACCOUNTS), (Method::POST, ACCOUNTS), (Method::GET, one.as_str())] {
            let call = mall.house.bare(method, path).bearer(&mall.house.token("M2", role));
            call.json(&at_xendit()).check(403, "forbidden").await;
        }
    }
    mall.house.bare(Method::GET, ACCOUNTS).check(401, "unauthorized").await;
    mall.as_owner_of("M1", Method::GET, &one).check(404, "not_found").await;
    mall.as_owner_of("M1", Method::POST, &format!("{one}/disable")).check(404, "not_found").await;
    assert_eq!(mall.as_owner_of("M1", Method::GET, ACCOUNTS).send().await.data()["items"], json!([]));
    let asked = json!({"webhook_secret": "canary-after", "reason": "kunci bocor"});
    let rotated = mall.change("M2", &account, "rotate", &asked).await;
    mall.change("M2", &account, "disable", &json!({"reason": "toko tutup"})).await.expect_status(200);
    let unsaid = mall.as_owner_of("M2", Method::POST, &format!("{one}/enable")).send().await;
    unsaid.expect_status(200);
    let listed = mall.as_owner_of("M2", Method::GET, ACCOUNTS).send().await;
    let read = mall.as_owner_of("M2", Method::GET, &one).send().await;
    let history = read.data()["history"].clone();
    let done: Vec<Value> =
        history.as_array().unwrap().iter().map(|note| json!([note["what"], note.get("reason")])).collect();
    let want = json!([
        ["added", "toko baru"],
        ["webhook_secret_rotated", "kunci bocor"],
        ["disabled", "toko tutup"],
        ["enabled", null],
    ]);
    assert_eq!(json!(done), want, "each with why, where that was said");
    assert!(history[3].get("reason").is_none(), "{history}");
    assert!(history.as_array().unwrap().iter().all(|note| note["by"] == "user:7"), "{history}");
    let rows = Value::from(mall.house.rows("provider_accounts")).to_string().to_lowercase();
    let sub = XenditAccount::sub(SUB);
    for secret in [sub.key.as_str(), sub.callback_token.as_str(), "canary-after"] {
        for answer in [&rotated, &listed, &read] {
            assert!(!String::from_utf8_lossy(&answer.bytes).contains(secret), "an answer shows {secret}");
        }
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        assert!(!rows.contains(secret) && !rows.contains(&hex), "the store shows {secret}");
    }
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_is_refused_with_what_is_wrong() {
    let mall = Mall::open().await;
    let check = async |changes: Value, pointer: &str| {
        let mut asked = at_xendit();
        for (name, value) in changes.as_object().unwrap() {
            asked[name] = value.clone();
        }
        let refused = mall.as_owner_of("M2", Method::POST, ACCOUNTS).json(&asked).check(422, "invalid_field").await;
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{changes}");
    };
    check(json!({"provider": "acme"}), "/provider").await;
    check(json!({"credential": null}), "/credential").await;
    check(json!({"credential": "xnd_production_real"}), "/credential").await;
    check(json!({"credential": "two words"}), "/credential").await;
    check(json!({"webhook_secret": null}), "/webhook_secret").await;
    check(json!({"provider": "midtrans"}), "/webhook_secret").await;
    check(json!({"methods": ["cash"]}), "/methods").await;
    check(json!({"limits": {"qris": {"min": 2, "max": 1}}}), "/limits").await;
    check(json!({"limits": {"cash": {"min": 1, "max": 2}}}), "/limits").await;
    check(json!({"reason": " "}), "/reason").await;
    check(json!({"reason": "two\nlines"}), "/reason").await;
    check(json!({"reason": 7}), "/reason").await;
    mall.add("M2", &at_xendit()).await;
    let again = mall.as_owner_of("M2", Method::POST, ACCOUNTS).json(&at_xendit());
    again.check(409, "account_exists").await;
    for branch in 1..64 {
        let mut of_branch = at_xendit();
        of_branch["branch_id"] = json!(format!("B{branch}"));
        mall.add("M2", &of_branch).await;
    }
    let mut one_more = at_xendit();
    one_more["branch_id"] = json!("B64");
    let more = mall.as_owner_of("M2", Method::POST, ACCOUNTS).json(&one_more);
    more.check(409, "too_many_accounts").await;
    mall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_there_are_no_accounts() {
    let house = House::open().await;
    let call = house.bare(Method::POST, ACCOUNTS).bearer(&house.token("M2", "L0_OWNER"));
    call.json(&at_xendit()).check(409, "accounts_not_set_up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_looked_after_from_the_command_line() {
    let mut house = House::open().await;
    house.stop().await;
    let url = house.database_url();
    let file = |name: &str, text: &str| {
        let path = house.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (key, other) = (file("key", KEY), file("other", OTHER_KEY));
    let (credential, token) = (file("credential", "xnd_development_own\n"), file("token", "token-of-shop\n"));
    let account = |verb: &str, more: &[&str]| {
        let start = ["account", verb, "--app-env=test", "--database-url", &url];
        run(&[&start, more].concat())
    };
    let which = ["--merchant=M2", "--provider=xendit", "--account=shop"];
    let secrets = ["--credential-file", &credential, "--webhook-secret-file", &token];
    let add = [&which[..], &secrets].concat();
    let (done, said) = account("add", &add);
    assert!(!done && said.contains("no key to seal"), "{said}");
    let under = |key: &str| format!("--account-key-file={key}");
    let ok = |verb: &str, more: &[&str]| {
        let (done, said) = account(verb, more);
        assert!(done, "{verb}: {said}");
        assert!(!said.contains("xnd_development_own") && !said.contains("token-of-shop"), "{said}");
        said
    };
    let said = ok("add", &[&add[..], &[&under(&key), "--reason=toko baru"]].concat());
    assert!(said.contains("/api/v1/webhook/xendit/shop"), "{said}");
    assert!(!account("add", &[&add[..], &[&under(&key)]].concat()).0, "the name is taken");
    let rotated = ["--webhook-secret-file", &token, &under(&key), "--reason=kunci bocor"];
    ok("rotate", &[&which[..], &rotated].concat());
    assert!(ok("disable", &[&which[..], &["--reason=toko tutup"]].concat()).contains("disabled"));
    assert!(ok("list", &["--merchant=M2"]).contains("M2 - xendit shop test disabled"));
    ok("enable", &which);
    assert!(ok("list", &[]).contains("shop test enabled"));

    let serve = |more: &[&str]| {
        let start = ["serve", "--app-env=test", "--listen-addr=127.0.0.1:0", "--sandbox-listen-addr=127.0.0.1:0"];
        let state = house.folder().join("sandbox.json").display().to_string();
        run(&[&start[..], &["--sandbox-state", &state, "--database-url", &url], more].concat())
    };
    let (started, said) = serve(&[]);
    assert!(!started && said.contains("ACCOUNT_KEY is not given"), "{said}");
    let (started, said) = serve(&[&under(&other)]);
    assert!(!started && said.contains("neither ACCOUNT_KEY nor ACCOUNT_KEY_PREVIOUS"), "{said}");
    let both = [under(&other), format!("--account-key-previous-file={key}")];
    assert!(ok("reseal", &[&both[0], &both[1], "--reason=disk hilang"]).contains("1 accounts"));
    assert!(ok("reseal", &[&both[0]]).contains("0 accounts"));
    let (_, shown) = run(&["serve", "--app-env=test", "--print-config", &both[0], &both[1]]);
    assert!(shown.contains("ACCOUNT_KEY=****") && !shown.contains(KEY) && !shown.contains(OTHER_KEY), "{shown}");
    let reasons: Vec<Value> = house.rows("provider_account_notes").iter().map(|note| note["reason"].clone()).collect();
    assert_eq!(json!(reasons), json!(["toko baru", "kunci bocor", "toko tutup", null, "disk hilang"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_move_with_their_store_and_open_there_under_their_key_alone() {
    let mut house = House::open_with(&[&format!("--account-key={KEY}")]).await;
    let mut asked = at_xendit();
    asked["reason"] = json!("toko baru");
    let call = house.bare(Method::POST, ACCOUNTS).bearer(&house.token("M2", "L0_OWNER"));
    let added = call.json(&asked).send().await;
    added.expect_status(201);
    house.stop().await;
    let (from, target) = (house.database_url(), Database::empty());
    let to = if from.starts_with("postgres") { from.clone() } else { target.url() };
    if from != to {
        let (succeeded, said) = run(&["store", "copy", "--from", &from, "--to", &to]);
        assert!(succeeded && said.contains("provider_accounts: 1 rows"), "{said}");
    }
    let list = |url: &str| run(&["account", "list", "--app-env=test", "--database-url", url]).1;
    assert_eq!(list(&to), list(&from));
    assert!(list(&to).starts_with("M2 - xendit acc_"), "{}", list(&to));
    let store = open_store(&to.parse().unwrap()).await.unwrap();
    let id = AccountId::parse(added.data()["id"].as_str().unwrap()).unwrap();
    let notes = store.account_notes(&ProviderId::parse("xendit").unwrap(), &id).await.unwrap();
    let reasons: Vec<Option<Reason>> = notes.into_iter().map(|note| note.reason).collect();
    assert_eq!(reasons, [Reason::parse("toko baru").ok()]);
    drop(store);
    let examine =
        |key: &str| run(&["doctor", "--app-env=test", "--database-url", &to, &format!("--account-key={key}")]);
    let (well, said) = examine(KEY);
    assert!(well && said.contains("accounts: the secrets of every account and endpoint open"), "{said}");
    let (well, said) = examine(OTHER_KEY);
    assert!(!well && said.contains("is not at hand"), "{said}");
}
