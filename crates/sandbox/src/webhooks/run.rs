use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Delivery, Step, deliver, plan};
use crate::sandbox::{Sandbox, locked};

/// Webhooks on their way at the same moment (copies of one count as one).
const IN_FLIGHT_MAX: usize = 256;
/// The longest sleep; anything new wakes the runner earlier.
const NAP_SECONDS_MAX: u64 = 3_600;

/// Takes every step when it is due, until cancelled.
pub(crate) async fn run(sandbox: Arc<Sandbox>, tasks: TaskTracker, cancelled: CancellationToken) {
    let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let send = async |delivery: Delivery| {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (sandbox, cancelled) = (Arc::clone(&sandbox), cancelled.clone());
        tasks.spawn(async move {
            cancelled.run_until_cancelled(deliver::chain(&sandbox, delivery)).await;
            drop(place);
        });
    };
    let work = async {
        loop {
            while let Some(step) = sandbox.webhooks.pop_due(sandbox.clock.now()) {
                match step {
                    Step::Plan { notification_id } => {
                        if let Some(delivery) = plan::next(&sandbox, notification_id) {
                            send(delivery).await;
                        }
                    }
                    Step::Send(delivery) => send(*delivery).await,
                    Step::Release { account, token } => {
                        if let Some(delivery) = release(&sandbox, &account, token) {
                            send(delivery).await;
                        }
                    }
                }
            }
            let nap = sandbox
                .webhooks
                .next_due()
                .map_or(Duration::from_secs(NAP_SECONDS_MAX), |due| sandbox.clock.real_time_until(due));
            tokio::select! {
                () = sandbox.webhooks.changed.notified() => {}
                () = sleep(nap.min(Duration::from_secs(NAP_SECONDS_MAX))) => {}
            }
        }
    };
    cancelled.run_until_cancelled(work).await;
}

/// What is still held for the account, unless it was overtaken meanwhile.
fn release(sandbox: &Sandbox, account: &str, token: u64) -> Option<Delivery> {
    let mut held = locked(&sandbox.webhooks.held);
    if held.get(account)?.0 != token {
        return None;
    }
    held.remove(account).map(|(_, delivery)| delivery)
}
