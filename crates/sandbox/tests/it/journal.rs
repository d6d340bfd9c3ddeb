use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures::future::join_all;
use mstore_pay_sandbox::{SandboxConfig, SandboxError, start};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, create_body, eventually, quick, scaled};

fn kept_in(path: &Path) -> SandboxConfig {
    SandboxConfig { state: Some(path.to_owned()), ..quick() }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_as_it_was_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("deep/sandbox.json");
    let bench = Bench::new(kept_in(&state)).await;
    for reference in ["PAID", "TWICE", "OPEN", "LATE", "FAILED"] {
        bench.create(reference, 33_000).await;
    }
    bench.pay("PAID").await;
    bench.pay("TWICE").await;
    bench.pay("TWICE").await;
    let late = json!({"provider": "xendit", "reference": "LATE"});
    bench.control(Method::POST, "/expire", late.clone()).await;
    bench.control(Method::POST, "/pay", late).await;
    let failed = json!({"provider": "xendit", "reference": "FAILED"});
    bench.control(Method::POST, "/fail", failed.clone()).await;
    bench.control(Method::POST, "/expire", failed).await;
    let told = everything_told(&bench).await;
    bench.sandbox.stop().await;

    // The first restart reads the history, the second one the digest that the first one wrote.
    for round in 1..=2 {
        let bench = Bench::new(kept_in(&state)).await;
        assert_eq!(everything_told(&bench).await, told, "restart {round}");
        bench.sandbox.stop().await;
    }
}

/// The ledger, each payment request as the API shows it, and the list of transactions.
async fn everything_told(bench: &Bench) -> Vec<Value> {
    let mut told = bench.charges().await;
    let ids: Vec<String> = told.iter().map(|charge| charge["id"].as_str().unwrap().to_owned()).collect();
    for id in ids {
        told.push(bench.get(&format!("/v3/payment_requests/{id}")).await);
    }
    told.push(bench.get("/transactions").await);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn captures_refunds_and_keys_are_as_they_were_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let card = json!({"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}});
    let body = json!({
        "reference_id": "CARD",
        "currency": "IDR",
        "amount": 50_000,
        "capture_method": "MANUAL",
        "payment_method": card,
    });
    let create = |bench: &Bench| {
        bench.unversioned(Method::POST, "/payment_requests").header("idempotency-key", "KEY-1").json(&body)
    };
    let bench = Bench::new(kept_in(&state)).await;
    let made = answered(create(&bench), 201).await;
    let path = format!("/payment_requests/{}", made["id"].as_str().unwrap());
    bench.pay("CARD").await;
    let take = bench.unversioned(Method::POST, &format!("{path}/captures")).json(&json!({"capture_amount": 40_000}));
    answered(take, 200).await;
    let asked = json!({"payment_request_id": made["id"], "reason": "OTHERS", "amount": 1_000});
    answered(bench.unversioned(Method::POST, "/refunds").json(&asked), 200).await;
    let told = async |bench: &Bench| {
        let mut told = bench.charges().await;
        for path in [path.as_str(), "/refunds", "/transactions"] {
            told.push(answered(bench.unversioned(Method::GET, path), 200).await);
        }
        told.push(answered(create(bench), 201).await);
        told
    };
    let before = told(&bench).await;
    assert_eq!(before.last(), Some(&made));
    bench.sandbox.stop().await;
    for round in 1..=2 {
        let bench = Bench::new(kept_in(&state)).await;
        assert_eq!(told(&bench).await, before, "restart {round}");
        bench.sandbox.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_many_lines_is_kept_on_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let bench = Bench::new(kept_in(&state)).await;
    let mut body = create_body("REF-1", 33_000);
    let note = "two  blanks, a \"quote\\\", and\nmore";
    body["metadata"]["note"] = json!(note);
    let made = bench
        .xendit(Method::POST, "/v3/payment_requests")
        .header("content-type", "application/json")
        .body(serde_json::to_string_pretty(&body).expect("a body"))
        .send()
        .await
        .expect("an answer");
    let made: Value = made.json().await.expect("a JSON body");
    assert_eq!(made["metadata"]["note"], note);
    bench.sandbox.stop().await;
    let bench = Bench::new(kept_in(&state)).await;
    let path = format!("/v3/payment_requests/{}", made["payment_request_id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_last_line_is_ignored_and_a_rotten_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let bench = Bench::new(kept_in(&state)).await;
    bench.create("REF-1", 33_000).await;
    bench.sandbox.stop().await;

    let whole = std::fs::read_to_string(&state).expect("the journal");
    std::fs::write(&state, format!("{whole}{{\"opened\":{{\"prov")).expect("a torn journal");
    let bench = Bench::new(kept_in(&state)).await;
    assert_eq!(bench.charges().await.len(), 1);
    bench.sandbox.stop().await;

    std::fs::write(&state, format!("{{\"opened\"\n{whole}")).expect("a rotten journal");
    let refused = start(kept_in(&state)).await;
    assert!(matches!(refused, Err(SandboxError::StateCorrupt { line: 1, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sandboxes_do_not_share_a_state_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let bench = Bench::new(kept_in(&state)).await;
    let second = start(kept_in(&state)).await;
    assert!(matches!(second, Err(SandboxError::StateInUse { .. })));
    bench.create("REF-1", 33_000).await;
}

/// Names the state file to the child of the next test; without it there is no child.
const KILLED_CHILD_STATE: &str = "MSTORE_PAY_SANDBOX_KILLED_CHILD_STATE";

/// The child's part: serves until it is killed.
async fn serve_until_killed(state: &Path) {
    let running = start(kept_in(state)).await.expect("a sandbox");
    std::fs::write(state.with_extension("json.address"), running.address().to_string()).expect("told");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_loses_nothing_that_was_answered() {
    if let Some(state) = std::env::var_os(KILLED_CHILD_STATE) {
        return serve_until_killed(Path::new(&state)).await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "journal::kill_nine_loses_nothing_that_was_answered"])
        .env(KILLED_CHILD_STATE, &state)
        .stdout(Stdio::null())
        .spawn()
        .expect("a child");
    let address = eventually("the child listens", || async {
        std::fs::read_to_string(folder.path().join("sandbox.json.address")).ok().filter(|text| !text.is_empty())
    })
    .await;

    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{address}/xendit/v3/payment_requests");
    let create_until_it_dies = async |till: usize| {
        let mut answered = Vec::new();
        for n in 0.. {
            let answer = client
                .post(&url)
                .basic_auth("xnd_development_sandbox", Some(""))
                .header("api-version", "2024-11-11")
                .json(&create_body(&format!("REF-{till}-{n}"), 33_000))
                .send()
                .await;
            let Ok(answer) = answer else { break };
            let Ok(body) = answer.json::<Value>().await else {
                break;
            };
            answered.push(body["payment_request_id"].clone());
        }
        answered
    };
    let tills = join_all((0..16).map(create_until_it_dies));
    let axe = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        child.kill().expect("killed");
        child.wait().expect("dead");
    };
    let (answered, ()) = tokio::join!(tills, axe);
    let answered: Vec<Value> = answered.into_iter().flatten().collect();

    let bench = Bench::new(kept_in(&state)).await;
    let kept: HashSet<String> = bench.charges().await.iter().map(|charge| charge["id"].to_string()).collect();
    assert!(answered.len() > 32, "only {} were answered before the axe fell", answered.len());
    let lost = answered.iter().filter(|id| !kept.contains(&id.to_string())).count();
    assert_eq!(lost, 0, "of {} answered", answered.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_on_their_way_and_their_target_survive() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let shop = Shop::open();
    shop.answers(503);
    let bench = Bench::new(kept_in(&state)).await;
    bench.target(&shop.url).await;
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    eventually("the first attempt is noted", || async {
        let rows = bench.control(Method::GET, "/webhooks", Value::Null).await;
        (rows != json!([])).then_some(())
    })
    .await;
    bench.sandbox.stop().await;

    // Once from the history, once from the digest; the retry is a quarter of an hour ahead.
    for _ in 0..2 {
        Bench::new(kept_in(&state)).await.sandbox.stop().await;
    }
    assert_eq!(shop.received().len(), 1);
    shop.answers(200);
    let fast = SandboxConfig { state: Some(state), ..scaled(10_000) };
    let _bench = Bench::new(fast).await;
    let received = shop.wait_for(2).await;
    assert_eq!(received[1].body["data"]["reference_id"], "REF-1");
    assert_eq!(received[1].webhook_id, received[0].webhook_id);
}
