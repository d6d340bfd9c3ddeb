//! Effects of what tills report of the time without a line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::effects::{Held, Seen, check, data};
use crate::fixture::{AMOUNT, Bench};
use crate::wire::Reply;

/// Whether that effect holds, or why not.
pub(crate) async fn holds(bench: &Bench, effect: &str, seen: &Seen<'_>) -> Held {
    let told = data(seen.reply);
    let first = &told["results"][0];
    match effect {
        "items_ok=1" => check(told["success_count"] == 1 && told["failed_count"] == 0, || format!("{told}")),
        "item_failed" => {
            let failed = first["success"] == false && first["error"].is_string();
            check(seen.reply.status >= 400 || failed, || format!("{told}"))
        }
        "others_unaffected" | "good_items_still_ok" => {
            let results = told["results"].as_array().map(Vec::as_slice).unwrap_or_default();
            let others =
                results.iter().skip(1).all(|result| result["success"] == true && result["server_id"].is_string());
            check(seen.reply.status >= 400 || others, || format!("{told}"))
        }
        "item_ok_with_clock_flag_or_item_failed" => {
            check(first["success"] == false || first["clock_suspect"] == true, || format!("{told}"))
        }
        "server_time_used_for_expiry" => {
            let stored = payment_of(bench, seen.reply).await;
            let time = |value: &Value| -> Option<chrono::DateTime<chrono::Utc>> { value.as_str()?.parse().ok() };
            let taken_in = time(&told["synced_at"]);
            let near =
                time(&stored["expires_at"]).zip(taken_in).is_some_and(|(at, now)| (at - now).num_minutes().abs() < 5);
            check(first["success"] == false || near, || format!("{stored}"))
        }
        "row.status!=success" => {
            let stored = payment_of(bench, seen.reply).await;
            check(stored["status"] == "pending", || format!("{stored}"))
        }
        "no_B_data" => {
            let text = String::from_utf8_lossy(&seen.reply.body);
            let theirs = ["PAY_B", "EXT_B"].iter().filter_map(|name| seen.values.get(*name));
            let leaked = theirs.into_iter().find(|name| text.contains(name.as_str()));
            check(leaked.is_none(), || format!("tells {leaked:?}"))
        }
        "rows=1" => one_row(bench, seen).await,
        "same_server_id" => {
            let before = seen.setup.first().map(data).unwrap_or_default();
            check(before["results"][0]["server_id"] == first["server_id"], || format!("{before} and {told}"))
        }
        "amount=33000" => {
            let stored = match seen.setup.first() {
                Some(reply) => payment_of(bench, reply).await,
                None => Value::Null,
            };
            check(stored["amount"] == AMOUNT, || format!("{stored}"))
        }
        "conflict=data_mismatch" => {
            check(told["conflicts"][0]["conflict_type"] == "data_mismatch", || format!("{told}"))
        }
        "conflict_row+1" => {
            let listed = bench.read_as_a("/api/v1/pos/offline/conflicts?limit=100").await;
            let id = &told["conflicts"][0]["conflict_id"];
            let rows = listed["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = rows.iter().filter(|conflict| &conflict["conflict_id"] == id).count();
            check(id.is_string() && found == 1, || format!("{id} is there {found} times"))
        }
        other => Err(format!("nobody knows the effect {other}")),
    }
}

/// The payment that the first thing of a batch led to.
async fn payment_of(bench: &Bench, reply: &Reply) -> Value {
    let told = data(reply);
    bench.get_as_a(told["results"][0]["server_id"].as_str().unwrap_or_default()).await.1
}

/// All that was reported under the reference led to one payment.
async fn one_row(bench: &Bench, seen: &Seen<'_>) -> Held {
    let replies = seen.setup.iter().chain([seen.reply]);
    let codes: BTreeSet<String> =
        replies.filter_map(|reply| data(reply)["results"][0]["transaction_code"].as_str().map(str::to_owned)).collect();
    let mut rows = 0;
    for code in &codes {
        let listed = bench.read_as_a(&format!("/api/v1/pos/payments?order_code={code}")).await;
        rows += listed["items"].as_array().map_or(0, Vec::len);
    }
    check(rows == 1, || format!("{rows} payments of {codes:?}"))
}
