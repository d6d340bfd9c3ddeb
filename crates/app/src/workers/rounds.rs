//! Rounds: where arrived money is not listed in time, what tills wait for is asked about in turn, account by account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::gateway::{AccountName, Round};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::Workers;
use crate::observed::causes;
use crate::tasks::fence;

/// Questions of one account that are under way at once.
const UNDER_WAY_MAX: usize = 8;
/// Pause where nobody's turn is sooner. Tills wait in real time, however fast payments age.
const PAUSE: Duration = Duration::from_millis(250);
/// Pause where somebody's is: rate limits are kept by the call, so this only keeps the machine from spinning.
const PAUSE_MIN: Duration = Duration::from_millis(10);

impl Workers {
    /// Goes the rounds until the process is to end.
    pub(super) async fn go_rounds(self: &Arc<Self>) {
        let shutdown = self.tasks.shutdown().clone();
        let mut rooms: BTreeMap<AccountName, Arc<Semaphore>> = BTreeMap::new();
        loop {
            let mut pause = PAUSE;
            let accounts = self.gateway.watched_accounts();
            // They come in order.
            rooms.retain(|account, _| accounts.binary_search(account).is_ok());
            for account in accounts {
                let room = rooms.entry(account.clone()).or_insert_with(|| Arc::new(Semaphore::new(UNDER_WAY_MAX)));
                // Counted and logged where it is caught; the others have their turns.
                pause = fence("going the rounds", self.go_round(&account, room)).await.unwrap_or(PAUSE).min(pause);
            }
            if shutdown.run_until_cancelled(sleep(self.clock.rest(pause.max(PAUSE_MIN)))).await.is_none() {
                return;
            }
        }
    }

    /// Has all questions asked that are to be asked at an account now; gives how long there is time until the next.
    async fn go_round(self: &Arc<Self>, account: &AccountName, room: &Arc<Semaphore>) -> Duration {
        // Answers that are slow to come hold up this account alone.
        while let Ok(place) = Arc::clone(room).try_acquire_owned() {
            let turn = match self.gateway.next_round(account).await {
                Round::Ask(turn) => turn,
                Round::Wait(pause) => return pause,
                Round::Rest => return PAUSE,
            };
            let gateway = Arc::clone(&self.gateway);
            self.tasks.spawn("asking in turn", async move {
                let _place = place;
                if let Err(error) = gateway.ask_in_turn(&turn).await {
                    tracing::warn!(because = causes(&error), "asked in turn: {error}");
                }
            });
        }
        PAUSE_MIN
    }
}
