//! What waits is counted, and nothing else; and what came of late is told account by account.

use std::collections::{BTreeMap, BTreeSet};

use mstore_pay_domain::charge::{Artefact, Opened, Opening};
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{CensusCounts, Tidings};
use mstore_pay_domain::unit_of_work::{ExceptionWrite, UnitOfWork};
use mstore_pay_domain::webhook::NewDelivery;

use super::exceptions::{exception, misfits, resolved};
use super::fixtures::{Kit, LONG, at, inbox, must_commit, paid_with, provider, provider_ref, unit};
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

async fn told(stores: &Stores, account: &AccountId) -> Tidings {
    stores.census.tidings(&provider(), account, at(0), at(100)).await.expect("the store tells")
}

/// The last webhook of an account is told, the money after it, and the QR code it made last; of no other account.
pub async fn what_came_of_late_is_told_account_by_account(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (stores, ours, other) = (rig.stores(), AccountId::main(), AccountId::parse("other").expect("an account"));
    assert_eq!(told(&stores, &ours).await, Tidings::default());

    // Paid sixty seconds after noon, one of them twice; the last one by another account.
    for (number, account) in [&ours, &ours, &other].into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        let asked = payment.amount.clone();
        for charge in &mut payment.charges {
            charge.account = account.clone();
            let qr_string = format!("qr-{number}");
            charge.opening = Opening::Opened(Opened {
                provider_ref: provider_ref(&format!("pr-{number}")),
                artefact: Artefact::Qr { qr_string },
                at: at(1),
                payable_until: at(300),
            });
            charge.apply(&paid_with(&format!("py-{number}")), &asked);
            if number == 0 {
                charge.apply(&paid_with("py-again"), &asked);
            }
        }
        must_commit(&stores, &unit(&payment)).await;
    }
    let of_ours = Tidings { last_webhook: None, paid_unheard: 2, last_qr: Some("qr-1".to_owned()) };
    assert_eq!(told(&stores, &ours).await, of_ours);
    let late = stores.census.tidings(&provider(), &ours, at(60), at(100)).await.expect("the store tells");
    let early = stores.census.tidings(&provider(), &ours, at(0), at(60)).await.expect("the store tells");
    assert_eq!((late.paid_unheard, early.paid_unheard), (0, 0), "money of another time");

    let heard = |second| NewDelivery { received_at: at(second), ..kit.delivery(&format!("{{\"at\":{second}}}")) };
    inbox(&stores).accept(&heard(30), kit.lease(LONG)).await.expect("the store accepts");
    assert_eq!(told(&stores, &ours).await, Tidings { last_webhook: Some(at(30)), ..of_ours.clone() });
    inbox(&stores).accept(&heard(61), kit.lease(LONG)).await.expect("the store accepts");
    assert_eq!(told(&stores, &ours).await, Tidings { last_webhook: Some(at(61)), paid_unheard: 0, ..of_ours });
    let of_other = Tidings { last_webhook: None, paid_unheard: 1, last_qr: Some("qr-2".to_owned()) };
    assert_eq!(told(&stores, &other).await, of_other);
}
