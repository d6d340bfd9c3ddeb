//! A request to create a payment, taken apart.

#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod schema;

use std::time::Duration;

use mstore_pay_domain::ids::{DeviceId, OrderCode};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::{Currency, Money};
use mstore_pay_domain::payment::PaymentDetails;
use mstore_pay_domain::ports::CardToken;
use mstore_pay_outbound::json::Object;

use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::{text, urls};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

const NAME_CHARS_MAX: usize = 255;
const DESCRIPTION_CHARS_MAX: usize = 255;
/// From a minute to thirty days.
const EXPIRES_IN_SECONDS: std::ops::RangeInclusive<u64> = 60..=2_592_000;
/// What a till asks for, parsed.
#[derive(Debug)]
pub(super) struct CreateRequest {
    pub(super) order_code: OrderCode,
    pub(super) method: Method,
    pub(super) amount: Money,
    pub(super) details: PaymentDetails,
    pub(super) expires_in: Option<Duration>,
    pub(super) card_token: Option<CardToken>,
    pub(super) switch_confirmed: bool,
}

impl CreateRequest {
    /// Takes a body apart.
    pub(super) fn take(object: &Object) -> Result<Self, Problem> {
        let mut fields = Fields::of(object);
        refuse_card_data(object, &mut fields);
        let order_code = order_code(&mut fields);
        let method = method(&mut fields);
        let amount = fields.amount("amount");
        let currency = currency(&mut fields);
        let details = details(&mut fields);
        let expires_in = fields.integer("expires_in_seconds", EXPIRES_IN_SECONDS).map(Duration::from_secs);
        let not_a_token = (ErrorCode::CardDataNotAccepted, "must be a provider's token");
        let card_token = fields.parsed("card_token_id", not_a_token, |token| CardToken::new(token).ok_or(()));
        let switch_confirmed = fields.flag("switch_confirmed");
        if method == Some(Method::Ovo) && object.raw("customer_phone").is_none() {
            fields.refuse(ErrorCode::InvalidField, "customer_phone", "is required for OVO");
        }
        let taken = match (order_code, method, amount, currency) {
            (Some(order_code), Some(method), Some(amount), Some(Currency::Idr)) => {
                Some(Self { order_code, method, amount, details, expires_in, card_token, switch_confirmed })
            }
            _ => None,
        };
        fields.finish(taken)
    }
}

fn order_code(fields: &mut Fields<'_>) -> Option<OrderCode> {
    let text = fields.required_text("order_code")?;
    let code = OrderCode::parse(text);
    code.map_err(|_refused| {
        fields.refuse(ErrorCode::InvalidOrderCode, "order_code", "must be 1 to 50 of A-Z a-z 0-9 . _ ~ -");
    })
    .ok()
}

fn method(fields: &mut Fields<'_>) -> Option<Method> {
    let text = fields.required_text("method")?;
    text.parse().map_err(|_unknown| fields.refuse(ErrorCode::MethodUnsupported, "method", "is not known")).ok()
}

fn currency(fields: &mut Fields<'_>) -> Option<Currency> {
    let text = fields.required_text("currency")?;
    if text == Currency::Idr.code() {
        return Some(Currency::Idr);
    }
    fields.refuse(ErrorCode::CurrencyUnsupported, "currency", "must be IDR");
    None
}

fn details(fields: &mut Fields<'_>) -> PaymentDetails {
    let not_an_email = (ErrorCode::InvalidEmail, "must be one e-mail address");
    let email = |text: String| if text::is_email(&text) { Ok(text) } else { Err(()) };
    let not_a_phone = (ErrorCode::InvalidField, "must be an Indonesian mobile number, +628... or 08...");
    let not_a_url = (ErrorCode::InvalidUrl, "must be https on a public host");
    let url = |text: String| urls::public_https(&text).ok_or(());
    let not_a_device = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let metadata = fields.texts("metadata");
    let details = PaymentDetails {
        customer_email: fields.parsed("customer_email", not_an_email, email),
        customer_name: fields.line("customer_name", NAME_CHARS_MAX),
        customer_phone: fields.parsed("customer_phone", not_a_phone, |text| text::indonesian_phone(&text).ok_or(())),
        success_url: fields.parsed("success_url", not_a_url, url),
        failure_url: fields.parsed("failure_url", not_a_url, url),
        description: fields.line("description", DESCRIPTION_CHARS_MAX),
        device: fields.parsed("device_id", not_a_device, DeviceId::parse),
        ..PaymentDetails::default()
    };
    let with_metadata = details.clone().with_metadata(metadata);
    with_metadata.unwrap_or_else(|_beyond_limits| {
        fields.refuse(ErrorCode::InvalidField, "metadata", "has too many or too long entries");
        details
    })
}
