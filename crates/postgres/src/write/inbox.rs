//! What becomes of webhook deliveries.

use diesel::prelude::*;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{InboxFate, InboxMark};
use mstore_pay_tables::rows::{DELIVERY_DEAD, DELIVERY_DONE, DELIVERY_PARKED};
use mstore_pay_tables::schema::webhook_inbox as inbox;

use super::batch::{Batch, Otherwise};
use crate::leases::{NO_HOLDER, NO_TIME, NO_TOKEN};

/// Marks a delivery, if its token is the last holder's.
pub(super) fn mark<'a>(batch: &mut Batch<'a>, mark: &'a InboxMark) {
    let (state, why) = match &mark.fate {
        InboxFate::Done => (DELIVERY_DONE, None),
        InboxFate::Parked { why } => (DELIVERY_PARKED, Some(why.as_str())),
        InboxFate::Dead { why } => (DELIVERY_DEAD, Some(why.as_str())),
    };
    let of_delivery = inbox::table.filter(inbox::id.eq(mark.delivery.to_string()));
    let held = of_delivery.filter(inbox::lease_token.eq(mark.token.to_string()));
    let put_down = diesel::update(held).set((
        inbox::state.eq(state),
        inbox::reason.eq(why),
        inbox::lease_token.eq(NO_TOKEN),
        inbox::lease_until.eq(NO_TIME),
        inbox::lease_holder.eq(NO_HOLDER),
    ));
    batch.single.push((Box::new(put_down), Otherwise::Refused(CommitError::LeaseLost)));
}
