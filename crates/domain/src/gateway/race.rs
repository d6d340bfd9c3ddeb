//! Time limits without a runtime: whichever of two futures is ready first.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::ports::Clock;

/// What an adapter may be late by before it is given up on.
const ADAPTER_MARGIN: Duration = Duration::from_millis(250);

/// What an adapter answers that was given `limit`, and a margin to keep to it.
pub(super) async fn answer_within<T>(
    clock: &dyn Clock,
    limit: Duration,
    call: impl Future<Output = T> + Send,
) -> Option<T> {
    within(clock, limit.saturating_add(ADAPTER_MARGIN), call).await
}

/// What `work` gives, or `None` if `limit` passes first; the work is then dropped.
pub(super) async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
    let mut work = pin!(work);
    let mut alarm = pin!(clock.sleep(limit));
    poll_fn(|context| {
        if let Poll::Ready(value) = work.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        alarm.as_mut().poll(context).map(|()| None)
    })
    .await
}
