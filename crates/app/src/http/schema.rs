//! What fields hold, for the document at `/openapi.json`: the domain's words and limits, not copies of them.

use mstore_pay_domain::method::{Channel, Method};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;
use utoipa::openapi::RefOr;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

use super::payments::ITEMS_MAX;

/// Text without control characters.
pub(crate) const ONE_LINE: &str = "^[^\\x00-\\x1f\\x7f-\\x9f]*$";

/// One of these words.
pub(crate) fn words(words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// A text, of a form where one is given.
pub(crate) fn text(bytes_max: usize, pattern: Option<&str>) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.min_length(Some(1)).max_length(Some(bytes_max)).pattern(pattern).build()
}

/// The same, or null, which stands for its absence.
pub(crate) fn optional(mut object: Object) -> Object {
    let SchemaType::Type(of) = object.schema_type else { return object };
    object.schema_type = SchemaType::Array(vec![of, Type::Null]);
    object
}

/// A whole number within these limits.
pub(crate) fn integer(least: u64, most: u64) -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most)).build()
}

pub(crate) fn status() -> Object {
    words(PaymentStatus::ALL.map(PaymentStatus::word))
}

pub(crate) fn order_status() -> Object {
    words(OrderStatus::ALL.map(OrderStatus::word))
}

pub(crate) fn method() -> Object {
    words(Method::ALL.map(Method::code))
}

pub(crate) fn channel() -> Object {
    let mut channels = Method::ALL.map(|method| Channel::code(method.channel())).to_vec();
    channels.dedup();
    words(channels)
}

/// An amount that goes out: an integer when whole.
pub(crate) fn amount() -> Object {
    ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0_u32)).build()
}

/// An amount that comes in: whole rupiah.
pub(crate) fn whole_amount() -> Object {
    const NUMERIC_18_2_MAX: u64 = 9_999_999_999_999_999;
    integer(1, NUMERIC_18_2_MAX)
}

/// A point in time, RFC 3339, UTC.
pub(crate) fn time() -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()
}

/// An order code: at least one of its characters is a letter or digit.
pub(crate) fn order_code() -> Object {
    text(50, Some("^[._~-]{0,49}[A-Za-z0-9][A-Za-z0-9._~-]{0,49}$"))
}

/// Any object.
pub(crate) fn object() -> Object {
    ObjectBuilder::new().schema_type(Type::Object).build()
}

/// An optional query parameter.
pub(crate) fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(description)).schema(Some(schema)).build()
}

/// How many items one answer has at most.
pub(crate) fn limit() -> Parameter {
    query("limit", "How many at most; 20 where it is not given.", integer(1, ITEMS_MAX.into()))
}
