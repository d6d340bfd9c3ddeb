//! Whoever opens holds the payment by a lease. What ends in an error or a panic hands it to recovery at
//! once: a till waits, and the lease would keep everybody away until it runs out.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;

use super::Job;
use crate::gateway::{DecideError, Gateway};

impl Gateway {
    /// What `opening` gives. If it fails or panics, the payment is due at once, and the failure or the panic
    /// goes on to the caller.
    pub(in crate::gateway) async fn held<T>(
        &self,
        job: &Job<'_>,
        opening: impl Future<Output = Result<T, DecideError>> + Send,
    ) -> Result<T, DecideError> {
        match caught(opening).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                self.hand_over(job).await;
                Err(error)
            }
            Err(Panic(panic)) => {
                self.hand_over(job).await;
                resume_unwind(panic)
            }
        }
    }

    /// Makes the payment due now, if it is still held by this job. Where even that cannot be written the
    /// lease runs out by itself.
    async fn hand_over(&self, job: &Job<'_>) {
        let now = self.ports.clock.now();
        let _or_runs_out = self.ports.payments.reschedule(&job.payment, job.lease, now, &Some(now)).await;
    }
}

struct Panic(Box<dyn Any + Send>);

/// What `work` gives, or the panic that ended it.
async fn caught<T>(work: impl Future<Output = T> + Send) -> Result<T, Panic> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // After a panic the work is not polled again, and what it shares with others lies behind ports.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(Panic(panic))),
        }
    })
    .await
}
