//! What the till said beside order, method and amount.

use std::collections::BTreeMap;

use diesel::prelude::*;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::PaymentDetails;
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use crate::by_column;
use crate::schema::payment_details;

/// A payment's details.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payment_details, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(payment_id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DetailsRow {
    payment_id: String,
    customer_email: Option<String>,
    customer_name: Option<String>,
    customer_phone: Option<String>,
    success_url: Option<String>,
    failure_url: Option<String>,
    description: Option<String>,
    device_id: Option<String>,
    metadata: String,
}

by_column!(DetailsRow, payment_details:
    payment_id, customer_email, customer_name, customer_phone, success_url, failure_url, description, device_id,
    metadata,
);

/// A payment's details, as they are once their customer is forgotten.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = payment_details, treat_none_as_null = true)]
#[expect(clippy::struct_field_names, reason = "they are called what their columns are")]
pub struct WithoutCustomer {
    customer_email: Option<String>,
    customer_name: Option<String>,
    customer_phone: Option<String>,
}

/// Whether details say how a customer is reached or what a customer is called. An index has those that do.
#[diesel::dsl::auto_type(no_type_alias)]
#[must_use]
pub fn names_a_customer() -> _ {
    let reached = payment_details::customer_email.is_not_null().or(payment_details::customer_phone.is_not_null());
    reached.or(payment_details::customer_name.is_not_null())
}

impl DetailsRow {
    /// The row of a payment's details.
    ///
    /// # Errors
    /// What `serde_json` says of metadata that cannot be written as JSON.
    pub fn of(payment: &PaymentId, details: &PaymentDetails) -> Result<Self, serde_json::Error> {
        Ok(Self {
            payment_id: payment.to_string(),
            customer_email: details.customer_email.clone(),
            customer_name: details.customer_name.clone(),
            customer_phone: details.customer_phone.clone(),
            success_url: details.success_url.clone(),
            failure_url: details.failure_url.clone(),
            description: details.description.clone(),
            device_id: details.device.as_ref().map(ToString::to_string),
            metadata: serde_json::to_string(&details.metadata)?,
        })
    }

    /// The details of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<PaymentDetails, StoreError> {
        let cells = Cells { table: "payment_details", id: &self.payment_id };
        let metadata: BTreeMap<String, String> =
            serde_json::from_str(&self.metadata).map_err(|source| cells.corrupt("metadata", source))?;
        Ok(PaymentDetails {
            customer_email: self.customer_email.clone(),
            customer_name: self.customer_name.clone(),
            customer_phone: self.customer_phone.clone(),
            success_url: self.success_url.clone(),
            failure_url: self.failure_url.clone(),
            description: self.description.clone(),
            device: cells.some_text("device_id", self.device_id.as_deref())?,
            metadata,
        })
    }
}
