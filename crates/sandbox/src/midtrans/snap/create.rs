use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::super::charge;
use super::super::desk::Call;
use super::super::state::State;
use super::Refused;
use crate::body::Body;
use crate::id;
use crate::ledger::{Charge, Entry, SnapPage};
use crate::provider::Provider;
use crate::sandbox::{Pen, json};

/// A page's life where the request names none, in hours.
const PAGE_HOURS_DEFAULT: i64 = 24;

/// What a customer may pick, if the merchant leaves it open. `qris` is not among the names (that it works all the same
/// is unconfirmed).
const OFFERS: [&str; 10] =
    ["credit_card", "gopay", "shopeepay", "ovo", "dana", "other_qris", "bca_va", "bni_va", "bri_va", "echannel"];
const BANK_TRANSFERS: [&str; 3] = ["bca_va", "bni_va", "bri_va"];

/// Fields of the request that go to the transaction.
const ECHOED: [&str; 5] = ["custom_field1", "custom_field2", "custom_field3", "customer_details", "expiry"];

#[derive(Serialize)]
struct CreatedView<'a> {
    token: &'a str,
    redirect_url: String,
}

/// `POST /snap/v1/transactions`: makes a page. Another one under the same order id, on which nobody has picked, is
/// closed with it (one page says so; people tell of refusals: unconfirmed).
pub(super) fn create(pen: &mut Pen<'_>, call: &Call<'_>, now: DateTime<Utc>) -> Result<String, Refused> {
    let body = Body::read(call.body).map_err(|_no_object| Refused::of(400, "The body is not a JSON object."))?;
    let mut wrong = Vec::new();
    let details = body.nested("transaction_details").unwrap_or_default();
    let order_id = charge::order_id(&details, &mut wrong);
    let amount = charge::gross_amount(&details, &mut wrong);
    charge::check_items(&body, amount.as_ref(), &mut wrong);
    let offers = offers(&body);
    if offers.is_empty() {
        wrong.push("enabled_payments has no payment method that is active".to_owned());
    }
    let (Some(order_id), Some(amount), true) = (order_id, amount, wrong.is_empty()) else {
        return Err(Refused(400, wrong));
    };
    not_taken(pen, call, &order_id, now)?;
    let earlier: Vec<String> = pen
        .pages_of(&call.merchant.name, &order_id)
        .filter(|page| page.is_open(now))
        .map(|page| page.token.clone())
        .collect();
    for token in earlier {
        pen.record(&Entry::PageCanceled { token, at: now });
    }
    let token = id::prefixed("");
    let view = CreatedView { token: &token, redirect_url: format!("{}/snap/v4/redirection/{token}", call.base) };
    let created = json(&view);
    pen.record(&Entry::PageOpened(Box::new(SnapPage {
        account: call.merchant.name.clone(),
        order_id,
        amount,
        offers,
        echo: body.echo(&ECHOED),
        append: call.append.clone(),
        instead: call.instead.clone(),
        made_at: now,
        closes_at: now + life(&body),
        canceled_at: None,
        token,
    })));
    Ok(created)
}

fn not_taken(pen: &Pen<'_>, call: &Call<'_>, order_id: &str, now: DateTime<Utc>) -> Result<(), Refused> {
    let own = |charge: &&Charge| {
        charge.provider == Provider::Midtrans && charge.account == call.merchant.name && charge.reference == order_id
    };
    let states: Vec<State> =
        pen.charges_named(order_id).filter(own).map(|charge| State::of(pen, charge, now)).collect();
    if states.iter().any(|state| state.is_settled() || *state == State::Capture) {
        let why = "transaction_details.order_id has been paid and utilized, please use another order ID";
        return Err(Refused::of(400, why));
    }
    if states.iter().any(|state| state.holds_its_order()) {
        return Err(Refused::of(400, "transaction_details.order_id has already been taken"));
    }
    Ok(())
}

/// What the merchant lets the customer pick, among what is played.
fn offers(body: &Body) -> Vec<String> {
    let Some(named) = body.texts("enabled_payments") else {
        return OFFERS.map(str::to_owned).to_vec();
    };
    let named = named.iter().flat_map(|name| match name.as_str() {
        "bank_transfer" => BANK_TRANSFERS.as_slice().to_vec(),
        name => vec![name],
    });
    named.filter(|name| OFFERS.contains(name)).map(str::to_owned).collect()
}

fn life(body: &Body) -> TimeDelta {
    let asked = body.nested("page_expiry").and_then(|expiry| charge::duration(&expiry, "duration"));
    asked.unwrap_or_else(|| TimeDelta::hours(PAGE_HOURS_DEFAULT))
}
