//! The one place where the app's tasks are spawned: tracked, so that shutdown can wait for them, and fenced, so
//! that a panic in one is counted and stops nothing else.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use mstore_pay_domain::ports::{Background, Unattended};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A task ended by a panic; it is counted and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} panicked")]
pub(crate) struct Panicked {
    /// What was being done.
    pub(crate) what: &'static str,
}

/// Spawns tasks, on the main runtime unless said otherwise: those of an HTTP thread end with the thread.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    drained: CancellationToken,
}

impl Tasks {
    /// Tasks on the runtime that this is called in.
    pub(crate) fn here() -> Self {
        Self {
            runtime: Handle::current(),
            tracker: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            drained: CancellationToken::new(),
        }
    }

    /// Told when the process is to end.
    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Runs `work` to its end whatever becomes of the caller.
    pub(crate) fn spawn(&self, what: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        // A panic is counted where it is caught.
        self.tracker.spawn_on(fence(what, work).map(drop), &self.runtime);
    }

    /// Runs `work`, which need not end, until every other task has.
    pub(crate) fn spawn_beside(&self, what: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let drained = self.drained.clone();
        let fenced = async move {
            // Counted where it is caught.
            let _contained = drained.run_until_cancelled(fence(what, work)).await;
        };
        self.runtime.spawn(fenced);
    }

    /// Runs `work` to its end on a task of its own and waits for it: a caller that is dropped meanwhile
    /// cancels nothing.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Panicked> {
        let (told, answer) = oneshot::channel();
        // In a box, so that it is moved once only, large as it may be.
        let work = tracing::Instrument::instrument(Box::pin(work), tracing::Span::current());
        self.spawn(what, async move {
            // Nobody may be listening any more.
            let _heard = told.send(work.await);
        });
        answer.await.map_err(|_dropped| Panicked { what })
    }

    /// Runs `work` on the runtime that this is called in, which saves the way to the main one and back: a caller that is dropped
    /// meanwhile cancels nothing. What an HTTP thread does for callers that are gone ends with the thread, when the process stops: for
    /// work that nobody was told is done.
    #[expect(clippy::disallowed_methods, reason = "this is where tasks are spawned, and it is tracked")]
    pub(crate) fn run_here<T: 'static>(
        &self,
        what: &'static str,
        work: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = Result<T, Panicked>> {
        let work = tracing::Instrument::instrument(Box::pin(work), tracing::Span::current());
        let task = actix_web::rt::spawn(self.tracker.track_future(fence(what, work)));
        task.map(move |ended| ended.unwrap_or(Err(Panicked { what })))
    }

    /// Ends when every task has; then what went on beside them is ended.
    pub(crate) async fn drained(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.drained.cancel();
    }

    /// Tasks that have not ended.
    pub(crate) fn under_way(&self) -> usize {
        self.tracker.len()
    }
}

impl Background for Tasks {
    fn carry_on(&self, what: &'static str, work: Unattended) {
        self.spawn(what, work);
    }
}

/// What `work` gives, or that it panicked: that is counted here, and told by the panic hook.
///
/// No `async fn`, which has room for what it is handed and again for what it waits for: twice what `work` takes.
pub(crate) fn fence<T>(what: &'static str, work: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    // Shown from the first time on, as none: the first panic is seen to have come.
    let panics = metrics::counter!("mstore_pay_panics_total", "what" => what);
    AssertUnwindSafe(work).catch_unwind().map(move |outcome| {
        outcome.map_err(|_told_by_the_hook| {
            panics.increment(1);
            Panicked { what }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn a_panic_is_told_and_stops_nothing_else() {
        let tasks = Tasks::here();
        assert!(tasks.run("a test", async { panic!("on purpose") }).await.map(|(): ()| ()).is_err());
        assert_eq!(tasks.run("a test", async { 7 }).await, Ok(7));
    }

    #[test]
    fn a_fence_has_no_room_for_its_work_twice() {
        let work = async {
            let room = [0_u8; 4_096];
            tokio::task::yield_now().await;
            std::hint::black_box(&room);
        };
        let takes = size_of_val(&work);
        let fenced = size_of_val(&fence("a test", work));
        assert!(fenced < takes + takes / 2, "{fenced} bytes for {takes}");
    }

    type Ends = Arc<Mutex<Vec<&'static str>>>;

    /// Notes when a task ended.
    struct End(Ends, &'static str);

    impl Drop for End {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(self.1);
        }
    }

    #[tokio::test]
    async fn what_goes_on_beside_ends_after_all_else() {
        let (tasks, ends) = (Tasks::here(), Ends::default());
        let (beside, work) = (End(Arc::clone(&ends), "beside"), End(Arc::clone(&ends), "work"));
        tasks.spawn_beside("a test", async move {
            let _beside = beside;
            std::future::pending::<()>().await;
        });
        tasks.spawn("a test", async move {
            let _work = work;
            tokio::task::yield_now().await;
        });
        tasks.drained().await;
        while ends.lock().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*ends.lock().unwrap(), ["work", "beside"]);
    }

    #[actix_web::test]
    async fn what_is_done_here_goes_on_when_the_caller_is_gone_and_is_waited_for() {
        let (tasks, done) = (Tasks::here(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&done);
        let run = tasks.run_here("a test", async move {
            tokio::task::yield_now().await;
            flag.store(true, Ordering::SeqCst);
        });
        assert!(run.now_or_never().is_none());
        assert_eq!(tasks.under_way(), 1);
        tasks.drained().await;
        assert!(done.load(Ordering::SeqCst));
    }

    #[actix_web::test]
    async fn a_panic_here_is_told_and_stops_nothing_else() {
        let tasks = Tasks::here();
        assert!(tasks.run_here("a test", async { panic!("on purpose") }).await.map(|(): ()| ()).is_err());
        assert_eq!(tasks.run_here("a test", async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn work_goes_on_when_the_caller_is_gone() {
        let (tasks, done) = (Tasks::here(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&done);
        let run = tasks.run("a test", async move {
            tokio::task::yield_now().await;
            flag.store(true, Ordering::SeqCst);
        });
        assert!(run.now_or_never().is_none());
        tasks.drained().await;
        assert!(done.load(Ordering::SeqCst));
    }
}
