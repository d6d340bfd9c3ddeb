//! What becomes of webhook deliveries.

use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{InboxFate, InboxMark};
use mstore_pay_tables::by_column;
use mstore_pay_tables::rows::{DELIVERY_DEAD, DELIVERY_DONE, DELIVERY_PARKED};
use mstore_pay_tables::schema::webhook_inbox;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

/// A delivery that its holder is done with.
pub(super) struct PutDown<'a> {
    id: String,
    lease_token: Option<String>,
    state: &'static str,
    reason: Option<&'a str>,
}

by_column!(PutDown<'_>, webhook_inbox: id, lease_token, state, reason);

impl<'a> Rows<'a> for PutDown<'a> {
    fn written(rows: Vec<Self>) -> Write<'a> {
        const SET: &str = "UPDATE webhook_inbox AS i SET state = n.state, reason = n.reason, lease_token = NULL, \
            lease_until = NULL, lease_holder = NULL FROM ";
        const HELD: &str = " WHERE i.id = n.id AND i.lease_token = n.lease_token";
        Box::new(Unnested::sql(SET).rows(rows).then(HELD))
    }
}

/// Marks a delivery, if its token is the last holder's.
pub(super) fn mark<'a>(batch: &mut Batch<'a>, mark: &'a InboxMark) {
    let (state, reason) = match &mark.fate {
        InboxFate::Done => (DELIVERY_DONE, None),
        InboxFate::Parked { why } => (DELIVERY_PARKED, Some(why.as_str())),
        InboxFate::Dead { why } => (DELIVERY_DEAD, Some(why.as_str())),
    };
    let (id, lease_token) = (mark.delivery.to_string(), Some(mark.token.to_string()));
    batch.marks.add(PutDown { id, lease_token, state, reason }, Otherwise::Refused(CommitError::LeaseLost));
}
