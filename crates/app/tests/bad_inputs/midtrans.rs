//! Midtrans' signature, which is over the very body that carries it.

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use crate::case::{Values, fill};

/// What a signature may be called in the file.
const NAMES: [&str; 5] = ["MID_SIG", "MID_SIG_CLIENT_KEY", "MID_SIG_EMPTY_KEY", "MID_SIG_SHA256", "MID_SIG_TRUNCATED"];
/// The key that customers' browsers have: anybody knows it.
const CLIENT_KEY: &str = "SB-Mid-client-sandbox";

/// The values, and beside them the signature that the body asks for, if it asks for one.
pub(crate) fn signed(body: &str, values: &Values) -> Values {
    let mut values = values.clone();
    let wanted = NAMES.into_iter().find(|name| body.contains(&format!("{{{{{name}}}}}")));
    if let Some(name) = wanted {
        values.insert(name.to_owned(), String::new());
        let unsigned: Value = serde_json::from_str(&fill(body, &values)).expect("a body that is signed is JSON");
        let signature = signature(name, &unsigned, &values);
        values.insert(name.to_owned(), signature);
    }
    values
}

fn signature(name: &str, body: &Value, values: &Values) -> String {
    let text = |field: &str| match &body[field] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let key = match name {
        "MID_SIG_CLIENT_KEY" => CLIENT_KEY,
        "MID_SIG_EMPTY_KEY" => "",
        _ => values.get("MIDTRANS_SERVER_KEY").expect("the key of the run"),
    };
    let over = format!("{}{}{}{key}", text("order_id"), text("status_code"), text("gross_amount"));
    let whole = if name == "MID_SIG_SHA256" {
        HEXLOWER.encode(&Sha256::digest(over))
    } else {
        HEXLOWER.encode(&Sha512::digest(over))
    };
    let kept = if name == "MID_SIG_TRUNCATED" { whole.len() - 1 } else { whole.len() };
    whole.chars().take(kept).collect()
}
