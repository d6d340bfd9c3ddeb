//! Statements that are on their way to the server together.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures::future::{BoxFuture, MaybeDone, maybe_done};

use crate::errors::Fault;

/// Statements of one connection, each with what becomes of its answer.
pub(crate) type Flight<'a> = Vec<BoxFuture<'a, Result<(), Fault>>>;

/// Sends statements in their order without waiting for answers, and waits for all of these. The first that failed is the one
/// that is told of: those behind it in a transaction failed because it did.
///
/// They go out in this order because each is polled before the next, and because whoever waits for diesel's cache of
/// statements gets it in turn: one that has to be prepared first keeps those behind it waiting.
pub(crate) async fn in_order(flight: Flight<'_>) -> Result<(), Fault> {
    let mut flight: Vec<MaybeDone<_>> = flight.into_iter().map(maybe_done).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for statement in &mut flight {
            if Future::poll(Pin::new(statement), context).is_pending() {
                all = Poll::Pending;
            }
        }
        all
    })
    .await;
    flight.iter_mut().try_for_each(|done| Pin::new(done).take_output().unwrap_or(Ok(())))
}
