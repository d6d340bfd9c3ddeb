//! Commands that only look, from another process, while the gateway sells.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mstore_pay_app::open_store;
use mstore_pay_domain::audit_trail::AuditTrail;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::house::{House, SOON, now, qris, run};

const TILLS: u32 = 3;
/// Looks at least, and what is sold meanwhile at least.
const LOOKS: usize = 3;
const SOLD_MEANWHILE: u32 = 6;

/// Sells and takes money until it is told to stop; how many payments were opened.
async fn sell(house: Arc<House>, till: u32, closing: Arc<AtomicBool>, sold: Arc<AtomicU32>) {
    for number in 0_u32.. {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let order = format!("TRX-{till}-{number}");
        house.post("/api/v1/pos/payments").json(&qris(&order, 33_000)).send().await.expect_status(200);
        sold.fetch_add(1, Ordering::SeqCst);
        house.customer_pays(&order, number.is_multiple_of(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_is_verified_and_exceptions_are_listed_while_the_gateway_sells() {
    let house = Arc::new(House::open_with(&["--create-rate-limit=off", "--xendit-rate-limit=off"]).await);
    let (closing, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let runtime = tokio::runtime::Handle::current();
    let tills: Vec<_> = (0..TILLS)
        .map(|till| runtime.spawn(sell(Arc::clone(&house), till, Arc::clone(&closing), Arc::clone(&sold))))
        .collect();
    let url = house.database_url();
    let (before, deadline, mut looks) = (sold.load(Ordering::SeqCst), Instant::now() + 3 * SOON, 0);
    while looks < LOOKS || sold.load(Ordering::SeqCst) < before + SOLD_MEANWHILE {
        assert!(Instant::now() < deadline, "{looks} looks, {before} sold before, {sold:?} now");
        looks += 1;
        let url = url.clone();
        let verify = move || run(&["audit", "verify", "--database-url", &url]);
        let (holds, said) = runtime.spawn_blocking(verify).await.unwrap();
        assert!(holds && said.contains("every one holds") && said.contains("bodies are as they were"), "{said}");
    }
    let list = move || run(&["exceptions", "list", "--database-url", &url, "--merchant", "M1"]);
    let (listed, said) = runtime.spawn_blocking(list).await.unwrap();
    assert!(listed, "{said}");
    closing.store(true, Ordering::SeqCst);
    for till in tills {
        till.await.unwrap();
    }
}

/// What is exported, line by line.
fn export(url: &str, more: &[&str]) -> Vec<Value> {
    let (done, said) = run(&[&["audit", "export", "--database-url", url], more].concat());
    assert!(done, "{said}");
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_kind<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["kind"] == kind)
}

/// The chains as somebody verifies them who has nothing but the lines: their lengths.
fn verified(lines: &[Value]) -> BTreeMap<&str, u64> {
    let mut last: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["kind"] != "anchor") {
        let record = BASE64_STANDARD.decode(line["record"].as_str().unwrap()).unwrap();
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&record));
        assert_eq!(line["digest"], digest.as_str(), "{line}");
        let owner = line.get("payment_id").unwrap_or(&line["merchant_id"]);
        let (seq, previous) = last.remove(owner.as_str().unwrap()).unwrap_or((0, "0".repeat(64)));
        assert_eq!(
            (line["seq"].as_u64(), line["previous"].as_str()),
            (Some(seq + 1), Some(previous.as_str())),
            "{line}"
        );
        let holds = |part: &[u8]| record.windows(part.len()).any(|window| window == part);
        let named = [&line["actor"], &line["event"], owner].map(|text| text.as_str().unwrap().as_bytes());
        assert!(named.into_iter().all(holds), "{line}");
        assert!(holds(&data_encoding::HEXLOWER.decode(previous.as_bytes()).unwrap()), "{line}");
        last.insert(owner.as_str().unwrap(), (seq + 1, digest));
    }
    last.into_iter().map(|(owner, (seq, _))| (owner, seq)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_is_exported_and_an_outsider_verifies_it() {
    let house = House::open().await;
    let mut sold = Vec::new();
    for order in ["TRX-1", "TRX-2"] {
        let payment = house.pay_by_qris(order, 33_000).await;
        house.customer_pays(order, true).await;
        house.until_status(&payment["payment_id"], "paid").await;
        sold.push(payment["payment_id"].as_str().unwrap().to_owned());
    }
    let of_other = house.as_cashier_of("M2", reqwest::Method::POST, "/api/v1/pos/payments");
    of_other.json(&qris("TRX-1", 5_000)).send().await.expect_status(200);
    for order in ["TRX-3", "TRX-4"] {
        house.call_off(order).await;
    }
    let url = house.database_url();
    let everything = export(&url, &[]);
    let chains = verified(&everything);
    assert_eq!((chains.len(), chains["M1"]), (4, 2), "{chains:?}");
    let reasons: Vec<&Value> = of_kind(&everything, "merchant").map(|line| &line["event"]).collect();
    assert_eq!(reasons, ["order_voided", "order_voided"]);
    let after_the_first = of_kind(&everything, "merchant").nth(1).unwrap()["at"].as_str().unwrap();
    let later = export(&url, &["--since", after_the_first]);
    assert_eq!(
        of_kind(&later, "merchant").collect::<Vec<_>>(),
        of_kind(&everything, "merchant").skip(1).collect::<Vec<_>>()
    );
    assert!(sold.iter().all(|payment| chains[payment.as_str()] >= 4), "{chains:?}");
    let own = export(&url, &["--merchant=M1"]);
    let of_own: Vec<&str> = std::iter::once("M1").chain(sold.iter().map(String::as_str)).collect();
    assert_eq!(verified(&own).keys().copied().collect::<Vec<_>>(), of_own);
    assert_eq!(of_kind(&export(&url, &["--merchant=M2"]), "merchant").count(), 0, "it decided nothing");
    let one = export(&url, &["--payment", &sold[1]]);
    assert_eq!(verified(&one).keys().copied().collect::<Vec<_>>(), [sold[1].as_str()]);
    let middle = one[2]["at"].as_str().unwrap();
    let later = export(&url, &["--payment", &sold[1], "--since", middle]);
    assert_eq!(later, one.iter().filter(|line| line["at"].as_str().unwrap() >= middle).cloned().collect::<Vec<_>>());
    assert_eq!(export(&url, &["--since", "2999-01-01T00:00:00Z"]), Vec::<Value>::new());
    assert!(!run(&["audit", "export", "--merchant=M1", "--payment", &sold[0]]).0, "one or the other");
}

/// What `scripts/verify-audit` says to these lines, and whether they hold.
fn script_says(lines: &[Value], more: &[&str]) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/verify-audit");
    let piped = Stdio::piped;
    let child = Command::new("python3").arg(script).args(more).stdin(piped()).stdout(piped()).stderr(piped()).spawn();
    let mut child = child.unwrap();
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    // It reads no further than to what does not hold.
    child.stdin.take().unwrap().write_all(text.as_bytes()).ok();
    let said = child.wait_with_output().unwrap();
    let both = [said.stdout, said.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (said.status.success(), both)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_for_outsiders_verifies_an_export_and_refuses_every_change() {
    let mut house = House::open().await;
    for order in ["TRX-1", "TRX-2"] {
        house.pay_by_qris(order, 33_000).await;
        house.call_off(&format!("{order}-off")).await;
    }
    house.stop().await;
    let store = open_store(&house.config.database).await.unwrap();
    let trail = AuditTrail::new(store.clone(), store);
    let noted = trail.anchor_the_day(now().plus(Duration::from_hours(24))).await.unwrap().expect("an anchor");
    let url = house.database_url();
    let lines = export(&url, &[]);
    let (holds, said) = script_says(&lines, &[]);
    assert!(holds && said.contains(&format!("{} records hold", lines.len())), "{said}");
    assert_eq!(u64::try_from(of_kind(&lines, "anchor").count()), Ok(noted.seq));
    let later = export(&url, &["--since", of_kind(&lines, "payment").last().unwrap()["at"].as_str().unwrap()]);
    assert!(!later.is_empty() && later.len() < lines.len());
    assert_eq!([script_says(&later, &["--since"]).0, script_says(&later, &[]).0], [true, false]);

    let place = |kind: &str, nth: usize| {
        let mut of_kind = lines.iter().enumerate().filter(|(_, line)| line["kind"] == kind);
        of_kind.nth(nth).unwrap().0
    };
    let end_of_payments = lines.iter().rposition(|line| line["kind"] == "payment").unwrap();
    let refused = |what: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let mut changed = lines.clone();
        change(&mut changed);
        let (holds, said) = script_says(&changed, &[]);
        assert!(!holds && said.starts_with("the audit trail does not hold: "), "{what}: {said}");
    };
    for kind in ["payment", "merchant", "anchor"] {
        for field in ["seq", "at", "previous", "digest", "record"] {
            let other = if field == "seq" { json!(7) } else { lines[place(kind, 0)]["digest"].clone() };
            let other = if field == "digest" { json!("0".repeat(64)) } else { other };
            refused(&format!("{kind} {field}"), &|lines| lines[place(kind, 0)][field] = other.clone());
        }
    }
    refused("another actor", &|lines| lines[place("payment", 1)]["actor"] = json!("user:nobody"));
    refused("another reason", &|lines| lines[place("merchant", 0)]["fields"][0][1] = json!("x"));
    let names_payments = |line: &Value| line["payments"].as_array().is_some_and(|heads| !heads.is_empty());
    let anchor = lines.iter().position(names_payments).unwrap();
    refused("another head", &|lines| lines[anchor]["payments"][0]["seq"] = json!(1_000));
    refused("a line less", &|lines| drop(lines.remove(place("payment", 1))));
    refused("two swapped", &|lines| lines.swap(place("payment", 0), place("payment", 1)));
    refused("a tail cut off", &|lines| drop(lines.remove(end_of_payments)));
    refused("a chain gone", &|lines| lines.retain(|line| line["kind"] != "merchant"));
}

#[test]
fn looking_at_a_store_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none.db");
    let url = format!("sqlite://{}", file.display());
    for command in [["audit", "verify"], ["exceptions", "list"]] {
        let (succeeded, said) = run(&[&command[..], &["--database-url", &url]].concat());
        assert!(!succeeded && said.contains("could not open") && said.contains("none.db"), "{said}");
        assert!(!file.exists());
    }
}
