//! Waking: one look for all tills of this node that wait, so that what another node did is seen here, whatever became of
//! its notification.

use std::time::Duration;

use tokio::time::sleep;

use super::Workers;
use crate::observed::causes;
use crate::tasks::fence;

/// From one look to the next. Tills wait in real time, however fast payments age.
const INTERVAL: Duration = Duration::from_millis(250);
/// Pause after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Workers {
    /// Looks for what is waited for until the process is to end.
    pub(super) async fn wake_waiters(&self) {
        let shutdown = self.tasks.shutdown().clone();
        loop {
            let pause = match fence("waking", self.gateway.wake_waiters()).await {
                Ok(Ok(_woken)) => INTERVAL,
                Ok(Err(error)) => {
                    tracing::warn!(because = causes(&error), "those who wait look by themselves: {error}");
                    PAUSE_AFTER_FAILURE
                }
                Err(_panicked) => PAUSE_AFTER_FAILURE,
            };
            if shutdown.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}
