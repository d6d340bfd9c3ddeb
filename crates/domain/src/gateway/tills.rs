//! Tills come first: work for which another moment is as good lets those requests go first that are being served.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Gateway;

/// Between two looks whether tills are still being served.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The longest that work lets tills go first: somebody waits for it, too.
const YIELDS_WITHIN: Duration = Duration::from_millis(200);

/// How many requests of tills this process serves now.
#[derive(Debug, Default)]
pub(super) struct Tills(AtomicUsize);

/// One request that is being served, until this is dropped.
pub(super) struct Served<'a>(&'a Tills);

impl Drop for Served<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tills {
    pub(super) fn serve(&self) -> Served<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Served(self)
    }

    fn are_served(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Gateway {
    /// Waits until no till is being served, a moment at the most.
    pub(super) async fn let_tills_go_first(&self) {
        let clock = self.ports.clock.as_ref();
        let over = clock.monotonic().saturating_add(YIELDS_WITHIN);
        while self.tills.are_served() && clock.monotonic() < over {
            clock.sleep(LOOK_EVERY).await;
        }
    }
}
