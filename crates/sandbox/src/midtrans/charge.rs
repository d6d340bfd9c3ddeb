//! `POST /v2/charge`: one transaction, under an order id that no other transaction may hold meanwhile.

use chrono::{DateTime, TimeDelta, Utc};

use super::answer::Refusal;
use super::card::{Verdict, masked_in};
use super::channels::{Asked, Channel};
use super::desk::Call;
use super::state::State;
use super::time;
use crate::amount::Amount;
use crate::body::Body;
use crate::id;
use crate::ledger::{Api, Card, Charge, Entry, Event, Fraud, Method, PaymentOutcome, Transaction};
use crate::money::{Attempt, Telling};
use crate::provider::Provider;
use crate::qris;
use crate::sandbox::{Pen, Sandbox};

const ORDER_ID_CHARS_MAX: usize = 50;
/// The shortest time a request may give its customer.
const EXPIRY_SECONDS_MIN: i64 = 20;
/// Digits of a virtual account's number.
const VA_DIGITS: usize = 15;
/// Digits of a Mandiri bill's key.
const BILL_DIGITS: usize = 12;
const APPROVAL_DIGITS: usize = 13;

/// Optional fields that later bodies repeat.
const ECHOED: [&str; 5] = ["custom_field1", "custom_field2", "custom_field3", "metadata", "qris"];

/// What a request that can be carried out asks for.
struct Order {
    id: String,
    amount: Amount,
    channel: &'static Channel,
    life: Option<TimeDelta>,
    starts: DateTime<Utc>,
}

/// Opens the transaction and, for a card that needs no page, pays it; or says why not.
pub(super) fn create(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    body: &Body,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let order = asked(body, now)?;
    if order.channel.method == Method::Dana && call.page.is_none() {
        return Err(Refusal::not_activated());
    }
    let holds = |charge: &Charge| State::of(pen, charge, now).holds_its_order();
    let of_merchant = |charge: &&Charge| {
        charge.provider == Provider::Midtrans && charge.account == call.merchant.name && charge.reference == order.id
    };
    if pen.charges_named(&order.id).filter(of_merchant).any(holds) {
        return Err(Refusal::new(
            406,
            "The request could not be completed due to a conflict with the current state of the target resource, \
             please try again",
        ));
    }
    let charge = opened(pen, call, body, order, now)?;
    pen.record(&Entry::Opened(Box::new(charge.clone())));
    let wants_page = body.nested("credit_card").and_then(|card| card.flag("authentication")).unwrap_or(false);
    match charge.transaction.as_ref().and_then(|transaction| transaction.card.as_ref()) {
        Some(card) if !wants_page => {
            let outcome = verdict(pen, &charge, &card.masked, now);
            let attempt = Attempt { outcome, ..Attempt::plain() };
            // A charge that was opened this moment was not paid, and names its amount.
            sandbox.attempt(pen, &charge, attempt, now).ok();
        }
        Some(_) | None => {
            sandbox.tell(pen, &charge, Event::Pending, None, Telling::Planned, now);
        }
    }
    Ok(pen.charge(&charge.id).cloned().unwrap_or(charge))
}

/// How the attempt with a card ends, as its number says.
fn verdict(pen: &mut Pen<'_>, charge: &Charge, masked: &str, now: DateTime<Utc>) -> PaymentOutcome {
    let judged = |fraud| Entry::Judged { charge_id: charge.id.clone(), fraud, at: now };
    let refused = || PaymentOutcome::Failed { code: "05".to_owned() };
    match Verdict::of(masked) {
        Verdict::Accepted => PaymentOutcome::Succeeded,
        Verdict::Challenged => {
            pen.record(&judged(Fraud::Challenge));
            PaymentOutcome::Authorized
        }
        Verdict::DeniedByBank => refused(),
        Verdict::DeniedAsFraud => {
            pen.record(&judged(Fraud::Deny));
            refused()
        }
    }
}

fn opened(pen: &Pen<'_>, call: &Call<'_>, body: &Body, order: Order, now: DateTime<Utc>) -> Result<Charge, Refusal> {
    let id = id::prefixed("");
    let method = order.channel.method;
    let card = if method == Method::Card { Some(card(pen, call, body)?) } else { None };
    let artefact = match method {
        Method::Qris => qris::code_of_gopay(&call.merchant.merchant_id, &call.merchant.nmid, &order.amount, &id),
        Method::VaBca | Method::VaBni | Method::VaBri => chosen_number(body).unwrap_or_else(|| id::digits(VA_DIGITS)),
        Method::VaMandiri => id::digits(BILL_DIGITS),
        Method::Gopay | Method::Dana | Method::Shopeepay | Method::Card | Method::CardPage => {
            format!("{}/{id}", call.pages)
        }
        Method::Ovo => String::new(),
    };
    let payable_until = order.starts + order.channel.life(order.life);
    Ok(Charge {
        provider: Provider::Midtrans,
        amount: Some(order.amount),
        artefact,
        manual_capture: is_authorization(body),
        order_code: body.text("custom_field1"),
        idempotency_key: call.key.map(str::to_owned),
        echo: body.echo(&ECHOED),
        payable_until,
        transaction: Some(Transaction {
            card,
            page: call.page.clone(),
            append: call.append.clone(),
            instead: call.instead.clone(),
            ..Transaction::default()
        }),
        ..Charge::open(Api::default(), &call.merchant.name, id, order.id, method, now)
    })
}

fn card(pen: &Pen<'_>, call: &Call<'_>, body: &Body) -> Result<Card, Refusal> {
    let token_id = body.nested("credit_card").and_then(|card| card.text("token_id"));
    let token_id = token_id
        .filter(|token_id| pen.has_token(&call.merchant.name, token_id))
        .ok_or_else(|| Refusal::new(411, "Token id is missing, invalid, or timed out"))?;
    Ok(Card { masked: masked_in(&token_id), approval_code: id::digits(APPROVAL_DIGITS), token_id })
}

/// Whether a card's money is only to be set aside.
fn is_authorization(body: &Body) -> bool {
    body.nested("credit_card").and_then(|card| card.text("type")).as_deref() == Some("authorize")
}

/// The number that the merchant chose for a virtual account.
fn chosen_number(body: &Body) -> Option<String> {
    let number = body.nested("bank_transfer")?.text("va_number")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// Everything that is wrong with a request comes back at once. Wordings beside those recorded are unconfirmed.
fn asked(body: &Body, now: DateTime<Utc>) -> Result<Order, Refusal> {
    let mut wrong = Vec::new();
    let channel = match Channel::asked(body) {
        Asked::Played(channel) => Some(channel),
        Asked::NotActivated => return Err(Refusal::not_activated()),
        Asked::Unknown => {
            wrong.push("payment_type is not recognized".to_owned());
            None
        }
    };
    let details = body.nested("transaction_details").unwrap_or_default();
    let order_id = order_id(&details, &mut wrong);
    let amount = gross_amount(&details, &mut wrong);
    check_items(body, amount.as_ref(), &mut wrong);
    if let (Some(amount), Some(channel)) = (&amount, channel) {
        let allowed = Amount::rupiah(channel.rupiah_min)..=Amount::rupiah(channel.rupiah_max);
        if !allowed.contains(amount) {
            wrong.push("transaction_details.gross_amount is out of the range of the payment type".to_owned());
        }
    }
    let phone = body.nested("ovo").and_then(|ovo| ovo.text("payer_phone_number"));
    if channel.is_some_and(|channel| channel.method == Method::Ovo) && phone.is_none_or(|phone| phone.is_empty()) {
        wrong.push("ovo.payer_phone_number is required".to_owned());
    }
    let (starts, life) = custom_expiry(body, now, &mut wrong);
    match (order_id, amount, channel, wrong.is_empty()) {
        (Some(id), Some(amount), Some(channel), true) => Ok(Order { id, amount, channel, life, starts }),
        _ => Err(Refusal::invalid(wrong)),
    }
}

/// At most 50 characters: letters, digits and `-_~.`, beside blanks, colons and plus signs, which were recorded.
pub(super) fn order_id(details: &Body, wrong: &mut Vec<String>) -> Option<String> {
    // A number is taken as its digits (recorded).
    let Some(id) = details.text_or_digits("order_id").filter(|id| !id.is_empty()) else {
        wrong.push("transaction_details.order_id is required".to_owned());
        return None;
    };
    if id.chars().count() > ORDER_ID_CHARS_MAX {
        wrong.push("transaction_details.order_id is too long (maximum is 50)".to_owned());
        return None;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_~. :+".contains(c);
    if !id.chars().all(fits) {
        wrong.push("transaction_details.order_id has characters that are not allowed".to_owned());
        return None;
    }
    Some(id)
}

pub(super) fn gross_amount(details: &Body, wrong: &mut Vec<String>) -> Option<Amount> {
    let Some(text) = details.text_or_digits("gross_amount") else {
        wrong.push("transaction_details.gross_amount is required".to_owned());
        return None;
    };
    let amount = Amount::parse(&text).ok();
    match amount {
        Some(amount) if amount.is_positive() && amount.is_whole() => Some(amount),
        Some(amount) if amount.is_positive() => {
            wrong.push("transaction_details.gross_amount must not have decimals".to_owned());
            None
        }
        Some(_) | None => {
            wrong.push("transaction_details.gross_amount must be greater than or equal to 0.01".to_owned());
            None
        }
    }
}

/// Refuses items that do not add up to the amount.
pub(super) fn check_items(body: &Body, amount: Option<&Amount>, wrong: &mut Vec<String>) {
    if amount.zip(item_sum(body)).is_some_and(|(amount, items)| *amount != items) {
        wrong.push("transaction_details.gross_amount is not equal to the sum of item_details".to_owned());
    }
}

/// What the items add up to; none where there are none.
fn item_sum(body: &Body) -> Option<Amount> {
    let items = body.list("item_details")?;
    items.iter().try_fold(Amount::rupiah(0), |sum, item| {
        let price = Amount::parse(&item.text_or_digits("price")?).ok()?;
        let quantity = item.text_or_digits("quantity")?.parse().ok()?;
        Some(sum.plus(&price.times(quantity)))
    })
}

/// When the customer's time starts, and how long it was asked to be.
fn custom_expiry(body: &Body, now: DateTime<Utc>, wrong: &mut Vec<String>) -> (DateTime<Utc>, Option<TimeDelta>) {
    let Some(expiry) = body.nested("custom_expiry") else {
        return (now, None);
    };
    let starts =
        expiry.text("order_time").or_else(|| expiry.text("start_time")).map_or(Some(now), |text| time::read(&text));
    let life = duration(&expiry, "expiry_duration").or_else(|| duration(&expiry, "duration"));
    match (starts, life) {
        (Some(starts), Some(life)) if starts + life - now >= TimeDelta::seconds(EXPIRY_SECONDS_MIN) - SLACK => {
            return (starts, Some(life));
        }
        (Some(_), Some(_)) => wrong.push("custom_expiry is below minimum threshold".to_owned()),
        (None, _) | (_, None) => wrong.push("custom_expiry is invalid".to_owned()),
    }
    (now, None)
}

/// So many of the unit, which is the minute unless another is named; Snap has them in the plural.
pub(super) fn duration(expiry: &Body, field: &str) -> Option<TimeDelta> {
    let count: i64 = expiry.text_or_digits(field)?.parse().ok()?;
    let unit = expiry.text("unit").unwrap_or_else(|| "minute".to_owned());
    let seconds = match unit.strip_suffix('s').unwrap_or(&unit) {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 24 * 3_600,
        _ => return None,
    };
    TimeDelta::try_seconds(count.checked_mul(seconds)?)
}

/// For what a request takes on its way, and for times that know no milliseconds.
const SLACK: TimeDelta = TimeDelta::seconds(2);
