//! What becomes of webhook deliveries.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{InboxFate, InboxMark};
use mstore_pay_tables::rows::{DELIVERY_DEAD, DELIVERY_DONE, DELIVERY_PARKED};

use crate::errors::Fault;
use crate::inbox;

/// Marks a delivery, if its token is the last holder's.
pub(super) async fn mark(conn: &mut AsyncPgConnection, mark: &InboxMark) -> Result<(), Fault> {
    let (state, why) = match &mark.fate {
        InboxFate::Done => (DELIVERY_DONE, None),
        InboxFate::Parked { why } => (DELIVERY_PARKED, Some(why.as_str())),
        InboxFate::Dead { why } => (DELIVERY_DEAD, Some(why.as_str())),
    };
    let held = inbox::put_down(conn, &mark.delivery, mark.token, state, why).await?;
    if held { Ok(()) } else { Err(CommitError::LeaseLost.into()) }
}
