//! Sweeping: one listing of arrived money for each account every two seconds, whatever became of webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::gateway::SweepWindow;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::observed::causes;
use crate::system::random_below;
use crate::tasks::fence;

/// From the beginning of one sweep of an account to that of the next.
const INTERVAL: Duration = Duration::from_secs(2);
/// After a sweep that took longer than that.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// How far back the first sweep looks: checks of each payment cover what is older.
const LOOK_BACK: Duration = Duration::from_mins(10);
const JITTER_MILLIS: u64 = 200;

/// From one look at which accounts there are to the next.
const ACCOUNTS_LOOK: Duration = Duration::from_secs(10);

type Name = (ProviderId, AccountId);

impl Workers {
    /// Sweeps every account that is in use, until the process is to end.
    pub(super) async fn sweep_accounts(self: &Arc<Self>) {
        let shutdown = self.tasks.shutdown().clone();
        let mut swept: BTreeMap<Name, CancellationToken> = BTreeMap::new();
        loop {
            match self.gateway.ports().accounts.all().await {
                Ok(accounts) => self.sweep_these(accounts, &mut swept),
                Err(error) => tracing::error!(because = causes(&error), "sweeping goes on as it was: {error}"),
            }
            if shutdown.run_until_cancelled(sleep(ACCOUNTS_LOOK)).await.is_none() {
                return;
            }
        }
    }

    /// Starts on accounts that are new, and ends with those that are gone.
    fn sweep_these(self: &Arc<Self>, accounts: Vec<ProviderAccount>, swept: &mut BTreeMap<Name, CancellationToken>) {
        let names: BTreeSet<Name> = accounts.into_iter().map(|account| (account.provider, account.id)).collect();
        swept.retain(|name, end| {
            names.contains(name) || {
                end.cancel();
                false
            }
        });
        for name in names {
            if swept.contains_key(&name) {
                continue;
            }
            let (workers, end) = (Arc::clone(self), self.tasks.shutdown().child_token());
            swept.insert(name.clone(), end.clone());
            self.tasks.spawn("sweeping", async move { workers.sweep_account(&name, &end).await });
        }
    }

    async fn sweep_account(&self, (provider, id): &Name, end: &CancellationToken) {
        let mut window = SweepWindow::starting(self.gateway.ports().clock.now().minus(LOOK_BACK));
        loop {
            let began = Instant::now();
            // Its credential may be another by now.
            let account = match self.gateway.ports().accounts.by_id(provider, id).await {
                Ok(Some(account)) => Some(account),
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(because = causes(&error), "sweeping: {error}");
                    None
                }
            };
            if let Some(account) = account
                && !self.sweep_once(&account, &mut window).await
            {
                return;
            }
            let interval = self.clock.rest(INTERVAL + Duration::from_millis(random_below(JITTER_MILLIS)));
            let pause = interval.saturating_sub(began.elapsed()).max(PAUSE_MIN);
            if end.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// One listing; `false` where the account has none.
    async fn sweep_once(&self, account: &ProviderAccount, window: &mut SweepWindow) -> bool {
        match fence("sweeping", self.gateway.sweep(account, window)).await {
            Ok(Ok(report)) => {
                let account = account.id.to_string();
                metrics::counter!("mstore_pay_sweep_rows_total", "account" => account.clone())
                    .increment(report.listed.into());
                metrics::counter!("mstore_pay_sweep_settled_total", "account" => account.clone())
                    .increment(report.settled.into());
                metrics::counter!("mstore_pay_sweep_believed_total", "account" => account.clone())
                    .increment(report.believed.into());
                if let Some(lag) = report.lag {
                    metrics::histogram!("mstore_pay_sweep_lag_seconds", "account" => account.clone()).record(lag);
                }
                if report.supported {
                    metrics::gauge!("mstore_pay_sweep_trusted", "account" => account).set(u8::from(report.is_trusted));
                }
                return report.supported;
            }
            Ok(Err(error)) => tracing::error!(because = causes(&error), "sweeping: {error}"),
            // Counted and logged; the window stands as it stood or further.
            Err(_panicked) => {}
        }
        true
    }
}
