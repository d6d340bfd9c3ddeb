//! What becomes of webhook deliveries.

use diesel::sql_types::{Nullable, Text};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{InboxFate, InboxMark};
use mstore_pay_tables::columns::column;
use mstore_pay_tables::rows::{DELIVERY_DEAD, DELIVERY_DONE, DELIVERY_PARKED};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

/// A delivery that is put down by whom it is held.
pub(super) struct PutDown<'a> {
    delivery: String,
    held: String,
    state: &'static str,
    why: Option<&'a str>,
}

/// What a delivery is called together with the token of its last holder.
const HELD: &str = "(id || ' ' || lease_token)";

impl<'a> Rows<'a> for PutDown<'a> {
    /// It joins nothing, so that it goes by the index of ids however large the table was when it was planned.
    fn written(rows: Vec<Self>) -> Write<'a> {
        let held = || column::<Text, _>(rows.iter().map(|row| row.held.clone()).collect::<Vec<_>>());
        let states = column::<Text, _>(rows.iter().map(|row| row.state).collect::<Vec<_>>());
        let reasons = column::<Nullable<Text>, _>(rows.iter().map(|row| row.why).collect::<Vec<_>>());
        let deliveries = column::<Text, _>(rows.iter().map(|row| row.delivery.clone()).collect::<Vec<_>>());
        let set = Unnested::sql("UPDATE webhook_inbox SET state = ").by_name(states, held(), HELD);
        let set = set.then(", reason = ").by_name(reasons, held(), HELD);
        let set = set.then(", lease_token = NULL, lease_until = NULL, lease_holder = NULL WHERE id = ANY(");
        Box::new(set.value(deliveries).then(") AND ").then(HELD).then(" = ANY(").value(held()).then(")"))
    }
}

/// Marks a delivery, if its token is the last holder's.
pub(super) fn mark<'a>(batch: &mut Batch<'a>, mark: &'a InboxMark) {
    let (state, why) = match &mark.fate {
        InboxFate::Done => (DELIVERY_DONE, None),
        InboxFate::Parked { why } => (DELIVERY_PARKED, Some(why.as_str())),
        InboxFate::Dead { why } => (DELIVERY_DEAD, Some(why.as_str())),
    };
    let (delivery, held) = (mark.delivery.to_string(), format!("{} {}", mark.delivery, mark.token));
    batch.deliveries.add(PutDown { delivery, held, state, why }, Otherwise::Refused(CommitError::LeaseLost));
}
