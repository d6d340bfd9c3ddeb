//! A webhook delivery.

use diesel::prelude::*;
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::webhook::{Delivery, NewDelivery};

use super::cells::Cells;
use crate::schema::webhook_inbox;
use crate::types::Micros;

/// A delivery that waits, or is being worked on.
pub const OPEN: &str = "open";
/// One that was dealt with.
pub const DONE: &str = "done";
/// One that is kept until something matches it.
pub const PARKED: &str = "parked";
/// One that was given up.
pub const DEAD: &str = "dead";

// Said in the statement and not as values: a plan for any value cannot use an index of some rows only.

/// That a delivery waits, or is being worked on.
pub const IS_OPEN: &str = "state = 'open'";
/// That it is kept until something matches it.
pub const IS_PARKED: &str = "state = 'parked'";
/// That it was given up.
pub const IS_DEAD: &str = "state = 'dead'";

/// What is read of a delivery to work on it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = webhook_inbox, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct DeliveryRow {
    /// The delivery.
    pub id: String,
    provider: String,
    account_id: String,
    received_at: Micros,
    body: Vec<u8>,
    attempts: i64,
}

/// A delivery as it is taken in, leased to whoever took it. When it is due and until when it is held stands beside it: the
/// store's clock says so.
#[derive(Debug, Insertable)]
#[diesel(table_name = webhook_inbox, treat_none_as_default_value = false)]
pub struct NewDeliveryRow {
    id: String,
    provider: String,
    account_id: String,
    digest: Vec<u8>,
    body: Vec<u8>,
    received_at: Micros,
    deliveries: i64,
    attempts: i64,
    state: &'static str,
    lease_token: String,
    lease_holder: Option<i32>,
}

impl NewDeliveryRow {
    /// The row of a delivery taken in on the node of that number.
    #[must_use]
    pub fn of(delivery: &NewDelivery, lease: Lease, holder: Option<i32>) -> Self {
        Self {
            id: delivery.id.to_string(),
            provider: delivery.provider.to_string(),
            account_id: delivery.account.to_string(),
            digest: delivery.dedup_key().as_bytes().to_vec(),
            body: delivery.authentic.body().to_vec(),
            received_at: delivery.received_at.into(),
            deliveries: 1,
            attempts: 0,
            state: OPEN,
            lease_token: lease.token.to_string(),
            lease_holder: holder,
        }
    }
}

impl DeliveryRow {
    /// The delivery of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<Delivery, StoreError> {
        let cells = Cells { table: "webhook_inbox", id: &self.id };
        Ok(Delivery {
            id: cells.text("id", &self.id)?,
            provider: cells.text("provider", &self.provider)?,
            account: cells.text("account_id", &self.account_id)?,
            received_at: cells.time("received_at", self.received_at)?,
            body: self.body.clone(),
            attempts: cells.number("attempts", self.attempts)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_says_of_a_state_is_the_word_that_is_stored() {
        for (said, word) in [(IS_OPEN, OPEN), (IS_PARKED, PARKED), (IS_DEAD, DEAD)] {
            assert_eq!(said, format!("state = '{word}'"));
        }
    }
}
