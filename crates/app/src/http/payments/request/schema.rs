//! What a create takes, for the document: the limits that it is parsed by.

use mstore_pay_domain::ids::DeviceId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::payment::PaymentDetails;
use mstore_pay_domain::ports::CardToken;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{CreateRequest, DESCRIPTION_CHARS_MAX, EXPIRES_IN_SECONDS, NAME_CHARS_MAX};
use crate::http::schema;

impl PartialSchema for CreateRequest {
    fn schema() -> RefOr<Schema> {
        let others = Method::ALL.into_iter().filter(|method| *method != Method::Ovo).map(Method::code);
        // OVO asks the customer on their phone.
        let ovo = request(schema::words([Method::Ovo.code()]), phone()).required("customer_phone");
        let other = request(schema::words(others), schema::optional(phone()));
        Schema::from(OneOfBuilder::new().item(other).item(ovo).build()).into()
    }
}

impl ToSchema for CreateRequest {}

fn request(method: Object, phone: Object) -> ObjectBuilder {
    let (shortest, longest) = EXPIRES_IN_SECONDS.into_inner();
    let token = schema::text(CardToken::BYTES_MAX, Some("^[A-Za-z0-9_.-]*[A-Za-z][A-Za-z0-9_.-]*$"));
    let mut amount = schema::whole_amount();
    amount.description = Some("Within the limits of its method, which `/api/v1/pos/methods` tells.".to_owned());
    ObjectBuilder::new()
        .property("order_code", schema::order_code())
        .property("method", method)
        .property("amount", amount)
        .property("currency", schema::words([Currency::Idr.code()]))
        .property("customer_email", schema::optional(email()))
        .property("success_url", schema::optional(url()))
        .property("failure_url", schema::optional(url()))
        .property("customer_name", schema::optional(line(NAME_CHARS_MAX)))
        .property("customer_phone", phone)
        .property("card_token_id", schema::optional(token))
        .property("description", schema::optional(line(DESCRIPTION_CHARS_MAX)))
        .property("expires_in_seconds", schema::optional(schema::integer(shortest, longest)))
        .property("device_id", schema::optional(schema::text(DeviceId::BYTES_MAX, Some("^[!-~]+$"))))
        .property("metadata", schema::optional(metadata()))
        .property("switch_confirmed", schema::optional(ObjectBuilder::new().schema_type(Type::Boolean).build()))
        .required("order_code")
        .required("method")
        .required("amount")
        .required("currency")
}

fn phone() -> Object {
    schema::text(16, Some(r"^(\+62|0)8[0-9]{7,12}$"))
}

fn line(chars_max: usize) -> Object {
    let line = ObjectBuilder::new().schema_type(Type::String).max_length(Some(chars_max));
    line.pattern(Some(schema::ONE_LINE)).build()
}

fn email() -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::Email);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).max_length(Some(254)).build()
}

fn url() -> Object {
    let format = SchemaFormat::Custom("uri".to_owned());
    let url = ObjectBuilder::new().schema_type(Type::String).format(Some(format)).max_length(Some(2_048));
    url.description(Some("https, on a public host and its default port.")).build()
}

fn metadata() -> Object {
    let not_nul = Some("^[^\\x00]*$");
    let value =
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(PaymentDetails::METADATA_VALUE_CHARS_MAX));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(schema::text(PaymentDetails::METADATA_KEY_CHARS_MAX, not_nul)))
        .additional_properties(Some(Schema::from(value.pattern(not_nul).build())))
        .max_properties(Some(PaymentDetails::METADATA_KEYS_MAX))
        .build()
}
