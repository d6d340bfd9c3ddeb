//! Effects: what must hold once a case was answered. A word that is not known here fails the case.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::case::{Case, Values};
use crate::fixture::{AMOUNT, Bench, Fixture};
use crate::reports;
use crate::rig::ledger::LedgerCharge;
use crate::wire::Reply;

/// What was the case before it was tried.
pub(crate) struct Before {
    objects: usize,
    opens_and_closes: usize,
    payment_a: Value,
    memory_kib: u64,
    /// What was in the inbox, if that matters.
    inbox: u64,
}

/// What happened.
pub(crate) struct Seen<'a> {
    pub(crate) case: &'a Case,
    pub(crate) values: &'a Values,
    pub(crate) a: Option<&'a Fixture>,
    pub(crate) setup: &'a [Reply],
    pub(crate) reply: &'a Reply,
}

pub(crate) type Held = Result<(), String>;

/// The time of a claim in the file. What is recorded is the provider's word when asked, which is of today.
const PAID_AT: &str = "paid_at==2025-10-13T10:32:15Z";

impl Before {
    pub(crate) async fn of(bench: &Bench, case: &Case, a: Option<&Fixture>) -> Self {
        let payment_a = match a {
            Some(a) if case.has("no_state_change") || case.has("payment_A_amount_unchanged") => {
                bench.get_as_a(&a.payment_id).await.1
            }
            Some(_) | None => Value::Null,
        };
        Self {
            objects: bench.rig.control.charges().await.len(),
            opens_and_closes: opens_and_closes(bench).await,
            payment_a,
            memory_kib: bench.rig.memory_kib(),
            inbox: if case.has("inbox+1") || case.has("inbox_unchanged") { in_the_inbox(bench) } else { 0 },
        }
    }
}

/// Deliveries in the store, whatever became of them.
fn in_the_inbox(bench: &Bench) -> u64 {
    bench.rig.count("SELECT count(*) AS count FROM webhook_inbox")
}

async fn opens_and_closes(bench: &Bench) -> usize {
    bench.rig.control.calls().await.iter().filter(|call| call.opens() || call.closes().is_some()).count()
}

/// A webhook that shall be believed needs the money that it tells of; nobody else tells of it.
pub(crate) async fn put_money_first(bench: &Bench, case: &Case, a: Option<&Fixture>) {
    let Some(a) = a else { return };
    let believed = ["payment_A=success", "payment_A_amount_unchanged", "payment_MA=success", PAID_AT];
    if case.has("late_flag") {
        bench.rig.control.expire(&a.reference, true).await;
    } else if believed.iter().any(|effect| case.has(effect)) {
        bench.pay_silently(a).await;
    }
}

/// Money that comes once the charge is known to be dead.
pub(crate) async fn put_late_money(bench: &Bench, case: &Case, a: Option<&Fixture>) {
    if let Some(a) = a.filter(|_| case.has("late_flag")) {
        for _ in 0..50 {
            if bench.get_as_a(&a.payment_id).await.1["status"] == "expired" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bench.pay_silently(a).await;
    }
}

/// Whether that effect holds, or why not.
pub(crate) async fn holds(bench: &Bench, effect: &str, seen: &Seen<'_>, before: &Before) -> Held {
    match effect {
        // The status says it all, or it holds for every answer and is held against every answer.
        "documented" | "no_5xx" | "rotation" | "response_has_no_B_data" | "unknown_field_ignored" | "time<1s" => Ok(()),
        "no_outbound_fetch" => nothing_is_fetched(bench, seen).await,
        "no_3xx" => check(!(300..400).contains(&seen.reply.status), || "redirected".to_owned()),
        "no_provider_call" | "read_only" => nothing_at_the_provider(bench, before).await,
        "no_state_change" => {
            nothing_at_the_provider(bench, before).await?;
            payment_a_is_unchanged(bench, seen, before).await
        }
        "no_provider_call_or_documented" => {
            if seen.reply.status == 200 {
                Ok(())
            } else {
                nothing_at_the_provider(bench, before).await
            }
        }
        "connection_closed_or_kept_cleanly" => check(bench.is_alive().await, || "others are not served".to_owned()),
        "rss_growth<64MiB" => {
            let grown = bench.rig.memory_kib().saturating_sub(before.memory_kib);
            check(grown < 64 * 1024, || format!("{grown} KiB more"))
        }
        "one_payment_row" => one_payment(bench, seen).await,
        "one_provider_object" | "provider_objects=1" => one_object(bench, seen).await,
        "status=pending" => pending(seen),
        "body_identical" => body_identical(seen),
        "first_payment_unchanged" => first_payment_unchanged(bench, seen).await,
        "own_new_payment" => {
            let own = data(seen.reply)["payment_id"].clone();
            check(own.is_string() && own != seen.values["PAY_B"].as_str(), || format!("{own}"))
        }
        "row.merchant_id==A" => of_merchant_a(bench, seen).await,
        "if_200_stored_amount_is_exact_integer" => exact_integer(bench, seen).await,
        "if_200_field_ignored" => field_ignored(seen),
        "success_events_unchanged" => paid_once(bench, seen).await,
        "PAN_absent_from_logs_and_db" => no_card_number(bench),
        "inbox+1" => the_inbox_grew_by(bench, before, 1),
        "inbox_unchanged" => the_inbox_grew_by(bench, before, 0),
        "parked+1" | "alert+1" => flagged(bench, seen).await,
        "paid_at_sane" => paid_at_sane(bench, seen).await,
        "late_flag" => late_flag(bench, seen).await,
        "payment_B_unchanged" => {
            let told = bench.get_as_b(seen.values.get("PAY_B").map_or("", String::as_str)).await.1;
            check(told.is_null() || told["status"] == "pending", || format!("{told}"))
        }
        PAID_AT => paid_at_the_providers_time(bench, seen).await,
        "payment_A=success" | "payment_A=success_in_test_env" | "payment_MA=success" => {
            let told = bench.await_paid(seen.a.expect("a fixture")).await;
            check(told["status"] == "paid", || format!("{told}"))
        }
        "payment_A_amount_unchanged" => {
            let told = bench.get_as_a(&seen.a.expect("a fixture").payment_id).await.1;
            check(told["amount"] == before.payment_a["amount"] && told["amount"] == AMOUNT, || format!("{told}"))
        }
        "payment_A_still_pending"
        | "payment_MA_still_pending"
        | "payment_MA=pending"
        | "payment_A_not_success"
        | "payment_MA_not_success"
        | "payment_MA_not_success_without_lookup"
        | "payment_A_success_only_if_status_maps"
        | "payment_A_not_success_unless_unambiguous" => still_unpaid(bench, seen).await,
        other => reports::holds(bench, other, seen).await,
    }
}

fn the_inbox_grew_by(bench: &Bench, before: &Before, deliveries: u64) -> Held {
    let now = in_the_inbox(bench);
    check(now == before.inbox + deliveries, || format!("{} deliveries before, {now} now", before.inbox))
}

pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(otherwise()) }
}

pub(crate) fn data(reply: &Reply) -> Value {
    reply.json()["data"].take()
}

async fn nothing_at_the_provider(bench: &Bench, before: &Before) -> Held {
    let objects = bench.rig.control.charges().await.len();
    let calls = opens_and_closes(bench).await;
    check(objects == before.objects && calls == before.opens_and_closes, || {
        format!("{} objects and {} calls more", objects - before.objects, calls - before.opens_and_closes)
    })
}

async fn payment_a_is_unchanged(bench: &Bench, seen: &Seen<'_>, before: &Before) -> Held {
    let Some(a) = seen.a else { return Ok(()) };
    let now = bench.get_as_a(&a.payment_id).await.1;
    check(now == before.payment_a, || format!("was {}, is {now}", before.payment_a))
}

/// The hosts of the file's URLs cannot tell: they are names that nobody has, addresses of other machines, and ports at
/// which a test may not listen. So the same is asked once more with URLs that lead to a listener of ours.
async fn nothing_is_fetched(bench: &Bench, seen: &Seen<'_>) -> Held {
    let payload = seen.case.step.payload(seen.values).unwrap_or_default();
    let body: Value = serde_json::from_slice(&payload).map_err(|error| format!("no body with URLs: {error}"))?;
    let status = bench.create_as_a(&bench.canary.lure(body)).await;
    check(seen.case.step.expect_status.contains(&status), || format!("with URLs of ours it is answered {status}"))?;
    nobody_came(bench)
}

fn nobody_came(bench: &Bench) -> Held {
    let visits = bench.canary.visits();
    check(visits == 0, || format!("{visits} visits to a host that a URL names"))
}

/// The objects at the provider for the order that the answer, or that of the set-up, is about.
async fn objects_of_order(bench: &Bench, seen: &Seen<'_>) -> Vec<LedgerCharge> {
    let mut told = data(seen.reply);
    if told["order_code"].is_null() {
        told = seen.setup.first().map(data).unwrap_or_default();
    }
    let code = told["order_code"].as_str().map(str::to_owned);
    let all = bench.rig.control.charges().await;
    all.into_iter().filter(|charge| charge.order_code.is_some() && charge.order_code == code).collect()
}

async fn one_object(bench: &Bench, seen: &Seen<'_>) -> Held {
    let objects = objects_of_order(bench, seen).await.len();
    check(objects == 1, || format!("{objects} objects"))
}

async fn one_payment(bench: &Bench, seen: &Seen<'_>) -> Held {
    let told = data(seen.reply);
    let stored = bench.get_as_a(told["payment_id"].as_str().unwrap_or_default()).await.1;
    check(stored["order_code"] == told["order_code"] && stored["amount"] == told["amount"], || format!("{stored}"))
}

fn pending(seen: &Seen<'_>) -> Held {
    let told = data(seen.reply);
    check(seen.reply.status != 200 || told["status"] == "pending", || format!("{told}"))
}

fn body_identical(seen: &Seen<'_>) -> Held {
    let first = seen.setup.last().map(|reply| reply.body.clone()).unwrap_or_default();
    let replayed = seen.reply.header("idempotent-replayed");
    check(first == seen.reply.body && replayed == Some("true"), || format!("replayed: {replayed:?}"))
}

async fn first_payment_unchanged(bench: &Bench, seen: &Seen<'_>) -> Held {
    let first = seen.setup.first().map(data).unwrap_or_default();
    let now = bench.get_as_a(first["payment_id"].as_str().unwrap_or_default()).await.1;
    let same = ["status", "amount", "qr_string", "order_code"].iter().all(|field| now[*field] == first[*field]);
    check(same && now["status"] == "pending", || format!("was {first}, is {now}"))
}

async fn of_merchant_a(bench: &Bench, seen: &Seen<'_>) -> Held {
    if seen.reply.status != 200 {
        return Ok(());
    }
    let payment_id = data(seen.reply)["payment_id"].as_str().unwrap_or_default().to_owned();
    let (mine, theirs) = (bench.get_as_a(&payment_id).await.0, bench.get_as_b(&payment_id).await.0);
    check((mine, theirs) == (200, 404), || format!("A is told {mine}, B {theirs}"))
}

async fn exact_integer(bench: &Bench, seen: &Seen<'_>) -> Held {
    if seen.reply.status != 200 {
        return Ok(());
    }
    let told = data(seen.reply);
    let stored = bench.get_as_a(told["payment_id"].as_str().unwrap_or_default()).await.1;
    let whole = told["amount"].as_i64();
    check(whole.is_some() && stored["amount"].as_i64() == whole, || format!("{}", told["amount"]))
}

fn field_ignored(seen: &Seen<'_>) -> Held {
    let told = data(seen.reply);
    let reference = told["transaction_id"].as_str();
    let taken = told["expires_at"].as_str().is_some_and(|at| at.starts_with("2099"))
        || told.get("fee").is_some()
        || told.get("callback_url").is_some()
        || told["id"] == 1
        || (reference.is_some() && reference == seen.values.get("REF_A").map(String::as_str));
    check(seen.reply.status != 200 || !taken, || format!("{told}"))
}

async fn paid_once(bench: &Bench, seen: &Seen<'_>) -> Held {
    tokio::time::sleep(Duration::from_millis(300)).await;
    let paid = &seen.values["REF_PAID"];
    let charges = bench.rig.control.charges().await;
    let receipts =
        charges.iter().filter(|charge| &charge.id == paid).map(|charge| charge.arrived().count()).sum::<usize>();
    check(receipts == 1, || format!("{receipts} payments on the one that was paid"))
}

async fn still_unpaid(bench: &Bench, seen: &Seen<'_>) -> Held {
    let Some(a) = seen.a else { return Ok(()) };
    // The work is done after the answer.
    tokio::time::sleep(Duration::from_millis(150)).await;
    let told = bench.get_as_a(&a.payment_id).await.1;
    check(told["status"] == "pending", || format!("{told}"))
}

async fn flagged(bench: &Bench, seen: &Seen<'_>) -> Held {
    let a = seen.a.expect("a fixture");
    for _ in 0..30 {
        if !bench.exceptions_of(&a.payment_id).await.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("no exception tells of it".to_owned())
}

async fn late_flag(bench: &Bench, seen: &Seen<'_>) -> Held {
    let exceptions = bench.exceptions_of(&seen.a.expect("a fixture").payment_id).await;
    check(exceptions.iter().any(|exception| exception["kind"] == "late_paid"), || format!("{exceptions:?}"))
}

async fn paid_at_sane(bench: &Bench, seen: &Seen<'_>) -> Held {
    let a = seen.a.expect("a fixture");
    let told = bench.await_paid(a).await;
    let told: Option<chrono::DateTime<chrono::Utc>> = told["paid_at"].as_str().and_then(|at| at.parse().ok());
    let charges = bench.rig.control.charges().await;
    let booked = charges.iter().filter(|charge| charge.id == a.reference).flat_map(LedgerCharge::arrived).next();
    let same = told.map(|at| at.timestamp_millis()) == booked.map(|paid| paid.paid_at.timestamp_millis());
    check(same, || format!("{told:?}, booked {booked:?}"))
}

/// Midtrans' times have no offset and no milliseconds: what was read wrongly would be hours off.
async fn paid_at_the_providers_time(bench: &Bench, seen: &Seen<'_>) -> Held {
    let a = seen.a.expect("a fixture");
    let told = bench.await_paid(a).await;
    let told: Option<chrono::DateTime<chrono::Utc>> = told["paid_at"].as_str().and_then(|at| at.parse().ok());
    let charges = bench.rig.control.charges().await;
    let booked = charges.iter().filter(|charge| charge.id == a.reference).flat_map(LedgerCharge::arrived).next();
    let same = told.map(|at| at.timestamp()) == booked.map(|paid| paid.paid_at.timestamp());
    check(told.is_some() && same, || format!("{told:?}, booked {booked:?}"))
}

fn no_card_number(bench: &Bench) -> Held {
    let log = fs::read(bench.rig.log()).unwrap_or_default();
    for (bytes, place) in [(log, "the log"), (bench.rig.stored(), "the store")] {
        let text = String::from_utf8_lossy(&bytes);
        for number in ["4111111111111111", "4111-1111-1111-1111"] {
            check(!text.contains(number), || format!("{number} is in {place}"))?;
        }
    }
    Ok(())
}

/// What holds for the whole run: every payment that says paid has money of its amount behind it.
pub(crate) async fn look_back(bench: &mut Bench) -> Vec<String> {
    let mut faults = Vec::new();
    for charge in bench.rig.control.charges().await {
        for (_, told) in [bench.get_as_a(&charge.id).await, bench.get_as_b(&charge.id).await] {
            if !told.is_null() && (told["status"] == "paid") != charge.is_paid() {
                faults.push(format!(
                    "in the end {} is {}, the ledger has {:?}",
                    charge.id, told["status"], charge.payments
                ));
            }
        }
    }
    let log = fs::read_to_string(bench.rig.log()).expect("the gateway's log");
    for secret in bench.rig.secrets.canaries() {
        if log.contains(secret) {
            faults.push(format!("{secret} is in the log"));
        }
    }
    // A fetch may have come after its answer.
    faults.extend(nobody_came(bench).err());
    if log.contains("panicked at") {
        faults.push("the gateway panicked: see its log".to_owned());
    }
    faults
}
