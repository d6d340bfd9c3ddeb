//! Sweeping: one listing of arrived money per account every two seconds, whatever became of webhooks.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::gateway::SweepWindow;
use tokio::time::sleep;

use super::Workers;
use crate::observed::causes;
use crate::system::random_below;
use crate::tasks::fence;

/// From one sweep of an account to the next.
const INTERVAL: Duration = Duration::from_secs(2);
/// How far back the first sweep looks: checks of each payment cover what is older.
const LOOK_BACK: Duration = Duration::from_mins(10);
const JITTER_MILLIS: u64 = 200;

impl Workers {
    /// Sweeps every account until the process is to end.
    pub(super) async fn sweep_accounts(self: &Arc<Self>) {
        let accounts = match self.gateway.ports().accounts.all().await {
            Ok(accounts) => accounts,
            Err(error) => {
                tracing::error!(because = causes(&error), "no sweeping: {error}");
                return;
            }
        };
        for account in accounts {
            let workers = Arc::clone(self);
            self.tasks.spawn("sweeping", async move { workers.sweep_account(&account).await });
        }
    }

    async fn sweep_account(&self, account: &ProviderAccount) {
        let shutdown = self.tasks.shutdown().clone();
        let mut window = SweepWindow::starting(self.gateway.ports().clock.now().minus(LOOK_BACK));
        loop {
            let swept = fence("sweeping", self.gateway.sweep(account, &mut window)).await;
            match swept {
                Ok(Ok(report)) if !report.supported => return,
                Ok(Ok(report)) => {
                    let account = account.id.to_string();
                    metrics::counter!("mstore_pay_sweep_rows_total", "account" => account.clone())
                        .increment(report.listed.into());
                    metrics::counter!("mstore_pay_sweep_settled_total", "account" => account)
                        .increment(report.settled.into());
                }
                Ok(Err(error)) => tracing::error!(because = causes(&error), "sweeping: {error}"),
                // Counted and logged; the window stands as it stood or further.
                Err(_panicked) => {}
            }
            let pause = self.clock.rest(INTERVAL + Duration::from_millis(random_below(JITTER_MILLIS)));
            if shutdown.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}
