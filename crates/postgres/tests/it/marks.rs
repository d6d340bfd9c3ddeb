//! Messages are marked as sent in one go, and each for itself all the same.

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::ids::MessageId;
use mstore_pay_domain::ports::{LeasedMessage, Outbox, PaymentRepository};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;

use crate::fixtures::{Site, message_about, stored, unit};

const LONG: Duration = Duration::from_hours(1);

async fn with_messages(site: &Site, store: &PostgresStore, count: usize) -> Vec<MessageId> {
    let payment = stored(store, &site.payment(), Due::Never).await;
    let mut work = unit(&payment, Due::Never);
    work.outbox.extend((0..count).map(|_| message_about(&payment, &site.ids)));
    store.commit(&work).await.unwrap();
    work.outbox.iter().map(|message| message.id).collect()
}

fn ids(claimed: &[LeasedMessage]) -> Vec<MessageId> {
    claimed.iter().map(|leased| leased.message.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_are_marked_at_once_are_marked() {
    let site = Site::new();
    let store = site.open().await;
    let messages = with_messages(&site, &store, 40).await;
    let claimed = Outbox::claim(&store, 40, site.lease(LONG)).await.unwrap();
    assert_eq!(ids(&claimed), messages, "in the order of the outbox");
    let marked = join_all(claimed.iter().map(|leased| store.sent(&leased.message.id, leased.token))).await;
    assert!(marked.iter().all(Result::is_ok), "{marked:?}");
    assert_eq!(site.text("SELECT count(*) FROM outbox WHERE sent_at IS NULL OR lease_token IS NOT NULL"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_was_lost_marks_nothing_beside_those_that_were_not() {
    let site = Site::new();
    let store = site.open().await;
    with_messages(&site, &store, 2).await;
    let lost = Outbox::claim(&store, 2, site.lease(Duration::ZERO)).await.unwrap();
    let held = Outbox::claim(&store, 1, site.lease(LONG)).await.unwrap();
    assert_eq!(ids(&held), ids(&lost)[..1]);
    let marks = lost.iter().map(|leased| store.sent(&leased.message.id, leased.token));
    join_all(marks).await;
    let waiting = "SELECT string_agg(id, ',') FROM outbox WHERE sent_at IS NULL";
    assert_eq!(site.text(waiting), held[0].message.id.to_string(), "only the one that somebody else holds");
    store.sent(&held[0].message.id, held[0].token).await.unwrap();
    assert_eq!(site.text("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), "0");
}
