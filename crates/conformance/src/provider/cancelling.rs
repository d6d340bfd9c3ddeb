//! Closing charges.

use mstore_pay_domain::ports::{Canceled, ProviderErrorKind, SnapshotStatus};

use super::fixtures::{Kit, ask_unpaid, assert_kind, assert_unsupported, cancel, foreign, offered, open, query};
use super::{ProviderHarness, ProviderRig};

/// Whether anything at all can be closed: if not, the adapter knows before it sends.
fn ever_cancels(rig: &dyn ProviderRig) -> bool {
    offered(rig).iter().any(|(_, declared)| declared.cancel)
}

/// An open charge is closed, and the provider says so when asked, if only that its time is over; where it cannot be
/// closed, that is said.
pub async fn cancel_closes_a_charge_or_is_unsupported(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        let before = rig.requests().await;
        let outcome = cancel(&*rig, &charge, &opened.provider_ref).await;
        if declared.cancel {
            assert_eq!(outcome.expect("the charge is closed"), Canceled::Confirmed, "{method}");
            let told = ask_unpaid(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
            let is_closed = |status| matches!(status, SnapshotStatus::Canceled | SnapshotStatus::Expired);
            assert!(told.is_none_or(|told| is_closed(told.status)), "{method}");
        } else {
            assert_unsupported(outcome);
            if !ever_cancels(&*rig) {
                assert_eq!(rig.requests().await, before, "requests for {method}");
            }
        }
    }
}

/// A charge that was paid cannot be closed any more, which is an answer and no error.
pub async fn cancel_of_a_paid_charge_is_too_late_or_unsupported(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        rig.pay(&charge.our_reference, &charge.amount).await;
        let outcome = cancel(&*rig, &charge, &opened.provider_ref).await;
        if declared.cancel {
            assert_eq!(outcome.expect("an answer"), Canceled::TooLate, "{method}");
        } else {
            assert_unsupported(outcome);
        }
    }
}

/// Closing what the provider does not have closes nothing else.
pub async fn cancel_of_an_unknown_charge_changes_nothing(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let offers = offered(&*rig);
    let closable = offers.iter().find(|(_, declared)| declared.cancel);
    let (method, declared) = closable.or(offers.first()).expect("a method is offered");
    let charge = kit.charge(&*rig, *method, declared);
    let opened = open(&*rig, &charge).await.expect("the charge opens");
    let unknown = kit.charge(&*rig, *method, declared);
    let error = cancel(&*rig, &unknown, &foreign(&opened.provider_ref)).await.expect_err("there is nothing to close");
    if declared.cancel {
        assert_kind(&error, ProviderErrorKind::NotFound);
    } else {
        assert_unsupported::<Canceled>(Err(error));
    }
    let told = ask_unpaid(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
    assert!(told.is_none_or(|told| told.status == SnapshotStatus::Pending), "another charge was closed");
}
