//! The feed never grows before a place that was read, and nobody waits for anybody to make it so.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use mstore_pay_domain::event::{FeedPiece, FeedPlace};
use mstore_pay_domain::ids::{BranchId, MessageId, OrderCode};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Outbox, PaymentRepository};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use mstore_pay_postgres::PostgresStore;

use crate::fixtures::{Site, message_about, stored};

async fn news(store: &PostgresStore, site: &Site, order: &str) -> (UnitOfWork, Payment, MessageId) {
    let payment = Payment { order_code: OrderCode::parse(order).unwrap(), ..site.payment() };
    let payment = stored(store, &payment, Due::Never).await;
    let message = message_about(&payment, &site.ids);
    let id = message.id;
    (UnitOfWork { outbox: vec![message], ..UnitOfWork::default() }, payment, id)
}

async fn piece(store: &PostgresStore, of: &Payment, branch: Option<&str>, after: FeedPlace) -> FeedPiece {
    let branch = branch.map(|branch| BranchId::parse(branch).unwrap());
    store.changes(&of.merchant, &branch, after, 10).await.unwrap()
}

fn ids(piece: &FeedPiece) -> Vec<MessageId> {
    piece.changes.iter().map(|change| change.message.id).collect()
}

/// One transaction writes first and ends last; another one, meanwhile, is not kept waiting.
async fn check(end: &str, is_first_there: bool) {
    let site = Site::new();
    let store = site.open().await;
    let (before, payment, earlier) = news(&store, &site, "TRX-1").await;
    store.commit(&before).await.unwrap();
    let [(slow, _, first), (quick, _, second)] =
        [news(&store, &site, "TRX-2").await, news(&store, &site, "TRX-3").await];
    let mut conn = AsyncPgConnection::establish(&site.database.url()).await.unwrap();
    conn.batch_execute("BEGIN").await.unwrap();
    PostgresStore::commit_in(&mut conn, &slow).await.unwrap();
    store.commit(&quick).await.unwrap();
    let read = piece(&store, &payment, None, FeedPlace::START).await;
    assert_eq!(ids(&read), [earlier], "what might be overtaken is held back");
    // Whoever was told all, and whoever is told nothing of that.
    let again = piece(&store, &payment, None, read.next).await;
    let elsewhere = piece(&store, &payment, Some("B9"), FeedPlace::START).await;
    assert_eq!((ids(&again), ids(&elsewhere)), (vec![], vec![]));
    conn.batch_execute(end).await.unwrap();
    let want: Vec<MessageId> = is_first_there.then_some(first).into_iter().chain([second]).collect();
    for place in [read.next, again.next, elsewhere.next] {
        assert_eq!(ids(&piece(&store, &payment, None, place).await), want, "{end} behind {place:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_before_an_earlier_message_is_read_behind_it() {
    check("COMMIT", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_holds_nothing_back_any_more() {
    check("ROLLBACK", false).await;
}
