//! What waits is counted, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CensusCounts;
use mstore_pay_domain::unit_of_work::{ExceptionWrite, UnitOfWork};

use super::exceptions::{exception, misfits, resolved};
use super::fixtures::{Kit, LONG, at, must_commit, paid_with, unit};
use super::{StoreHarness, Stores};

async fn counted(stores: &Stores, second: u64) -> CensusCounts {
    stores.census.census(at(second)).await.expect("the store counts")
}

/// Of payments those that are pending are counted by age, of messages those that have not gone out, of exceptions
/// those that are open by kind.
pub async fn what_waits_is_counted_by_age_and_kind(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    assert_eq!(counted(&stores, 0).await, CensusCounts::default());

    // Created 100, 70 and 10 seconds before they are counted, and one that is paid.
    for (number, created) in [0, 30, 90].into_iter().enumerate() {
        let payment = Payment { created_at: at(created), ..kit.payment(&format!("TRX-{number}")) };
        must_commit(&stores, &unit(&payment)).await;
    }
    let mut paid = kit.payment("TRX-PAID");
    let asked = paid.amount.clone();
    for charge in &mut paid.charges {
        charge.apply(&paid_with("py-1"), &asked);
    }
    let messages = [5, 6, 7].map(|second| OutboxMessage { at: at(second), ..kit.message(&paid) });
    must_commit(&stores, &UnitOfWork { outbox: messages.to_vec(), ..unit(&paid) }).await;
    let held = stores.outbox.claim(1, kit.lease(LONG)).await.expect("the store claims").remove(0);
    stores.outbox.sent(&held.message.id, held.token).await.expect("the store marks");
    let mut exceptions: Vec<_> = misfits(&kit).into_iter().map(|misfit| exception(&kit, misfit)).collect();
    let raise = exceptions.iter().cloned().map(ExceptionWrite::Raise).collect();
    must_commit(&stores, &UnitOfWork { exceptions: raise, ..UnitOfWork::default() }).await;

    let counts = counted(&stores, 100).await;
    assert_eq!(counts.pending, [3, 2, 0, 0, 0], "pending payments");
    assert_eq!((counts.messages, counts.oldest_message), (2, Some(at(6))), "messages");
    let kinds: BTreeSet<&str> = counts.exceptions.keys().map(String::as_str).collect();
    assert_eq!(kinds, Misfit::KINDS.into_iter().collect(), "kinds of exceptions");
    assert_eq!(counts.exceptions.get("unmatched"), Some(&2), "one with and one without a claim");

    let last = exceptions.pop().expect("an exception");
    let resolve = exceptions.iter().map(|known| ExceptionWrite::Resolve(resolved(known))).collect();
    must_commit(&stores, &UnitOfWork { exceptions: resolve, ..UnitOfWork::default() }).await;
    let left = BTreeMap::from([(last.misfit.kind().to_owned(), 1)]);
    assert_eq!(counted(&stores, 100).await.exceptions, left, "open exceptions");
    assert_eq!(counted(&stores, 3_600).await.pending, [3, 3, 3, 3, 1], "pending payments of an hour later");
}
