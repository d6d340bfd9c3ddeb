//! A till's batch, taken apart.

#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;

use mstore_pay_domain::ids::DeviceId;
use mstore_pay_domain::offline::OfflineKind;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Object as ObjectSchema, ObjectBuilder, Schema, SchemaType};
use utoipa::{PartialSchema, ToSchema};

use super::item::{self, Sent};
use crate::http::fields::Fields;
use crate::http::schema;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// Things in one batch at most.
const ITEMS_MAX: usize = 500;

/// What a till reports, parsed.
pub(super) struct SyncRequest {
    pub(super) device: DeviceId,
    pub(super) synced_at: Option<Timestamp>,
    /// Sales, payments and voids, each in the order in which it came.
    pub(super) items: Vec<Sent>,
}

impl SyncRequest {
    /// Takes a body apart. `device` is the till of the header, where one is named.
    pub(super) fn take(object: &Object, device: Option<&DeviceId>) -> Result<Self, Problem> {
        let mut fields = Fields::of(object);
        let of_body = fields.required_text("device_id");
        let of_body = of_body.and_then(|text| match DeviceId::parse(text) {
            Ok(device) => Some(device),
            Err(_refused) => {
                let reason = "must be 1 to 64 visible ASCII characters";
                fields.refuse(ErrorCode::InvalidField, "device_id", reason);
                None
            }
        });
        if of_body.as_ref().zip(device).is_some_and(|(of_body, of_header)| of_body != of_header) {
            fields.refuse(ErrorCode::InvalidField, "device_id", "is not the till of X-Device-ID");
        }
        let not_a_time = (ErrorCode::InvalidField, "must be a time in RFC 3339");
        let synced_at = fields.parsed("synced_at", not_a_time, |text| Timestamp::parse_rfc3339(&text).ok_or(()));
        let lists = [OfflineKind::Transaction, OfflineKind::Payment, OfflineKind::Void];
        if lists.iter().all(|kind| object.raw(list_of(*kind)).is_none()) {
            fields.refuse(
                ErrorCode::InvalidField,
                list_of(OfflineKind::Payment),
                "is required, or transactions or voids",
            );
        }
        let sent: Vec<(OfflineKind, &RawValue)> =
            lists.iter().flat_map(|kind| list(object, &mut fields, *kind)).collect();
        let device = fields.finish(of_body)?;
        if sent.len() > ITEMS_MAX {
            return Err(Problem::new(ErrorCode::PayloadTooLarge).saying("a batch has at most 500 items"));
        }
        let items = sent.into_iter().map(|(kind, sent)| item::take(kind, sent)).collect();
        Ok(Self { device, synced_at, items })
    }
}

const fn list_of(kind: OfflineKind) -> &'static str {
    match kind {
        OfflineKind::Transaction => "transactions",
        OfflineKind::Payment => "payments",
        OfflineKind::Void => "voids",
    }
}

fn list<'a>(object: &'a Object, fields: &mut Fields<'_>, kind: OfflineKind) -> Vec<(OfflineKind, &'a RawValue)> {
    let name = list_of(kind);
    let Some(text) = object.raw(name) else { return Vec::new() };
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(items) => items.into_iter().map(|item| (kind, item)).collect(),
        Err(_no_list) => {
            fields.refuse(ErrorCode::InvalidField, name, "must be a list");
            Vec::new()
        }
    }
}

/// A thing of which the document says no more than what it holds: a bad one is answered by itself, and the batch is not
/// refused for it.
fn anything(holds: &str) -> ObjectSchema {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(holds)).build()
}

const SALE: &str = "An object: `offline_reference` (`DEVICE-YYYYMMDD-SEQ`), `created_at_device`, `grand_total`; optional \
                    `offline_id`, `transaction_code` (else the reference), `branch_code`, `payment_method`, `status` and \
                    `payment_status` (`draft`, `paid`, `failed`, `expired`, `void`), and whatever else the till keeps of a \
                    sale. Only cash is believed.";
const PAYMENT: &str = "An object: `offline_reference`, `created_at_device`, `order_code`, `method` (or `cash`), `amount`, \
                       `currency`; optional `offline_id`, `reference_id` (a payment that the till knew of), `receipt_id` \
                       (the number on the customer's receipt), `status`: one that `failed`, `expired` or was `canceled` \
                       is kept, and books nothing.";
const VOID: &str =
    "An object: `offline_reference`, `created_at_device`, `transaction_code`; optional `offline_id`, `reason`.";

impl PartialSchema for SyncRequest {
    fn schema() -> RefOr<Schema> {
        let list = |holds: &str| ArrayBuilder::new().items(anything(holds)).max_items(Some(ITEMS_MAX));
        ObjectBuilder::new()
            .property("device_id", schema::text(DeviceId::BYTES_MAX, Some("^[!-~]+$")))
            .property("synced_at", schema::optional(schema::time()))
            .property("transactions", list(SALE))
            .property("payments", list(PAYMENT))
            .property("voids", list(VOID))
            .required("device_id")
            .build()
            .into()
    }
}

impl ToSchema for SyncRequest {}
