//! How a case comes to rest. Gateways that live must get there by themselves, before anybody starts one anew: a start
//! would take up what a living one has forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_app::Store;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::payment::Intake;

use crate::rig::Rig;

/// How long gateways that live may take: what a dead one held is free after a minute at the latest, and a webhook whose
/// tries failed comes back after 5, 10 and 20 seconds.
const ALIVE_WITHIN: Duration = Duration::from_secs(100);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How a case came to rest.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// How long gateways that live took.
    pub(crate) took: Duration,
    /// Webhooks that waited all that time. None where no gateway lives, or one that a failpoint struck: what it held is
    /// left to its lease.
    pub(crate) left_alive: Option<u64>,
    /// Starts that were needed after all gateways were killed.
    pub(crate) restarts: u32,
    /// Payments that were being opened then, which the first of these starts takes up.
    pub(crate) cut_off: Vec<String>,
}

impl Rest {
    /// Waits until the gateways that live have dealt with every webhook, as long as they may take.
    pub(super) async fn of_the_living(rig: &Rig) -> Self {
        let mut rest = Self::default();
        let is_answered_for = !rig.node_urls().is_empty() && !rig.is_armed();
        // The next start on a store of a gateway's own frees what was left to leases: nobody waits for their end.
        if !is_answered_for && !rig.outlives_gateways() {
            return rest;
        }
        let (store, began) = (rig.store_to_read().await, Instant::now());
        loop {
            let open = store.counts().await.expect("inbox counts").open;
            rest.took = began.elapsed();
            if open == 0 || rest.took > ALIVE_WITHIN {
                rest.left_alive = is_answered_for.then_some(open);
                return rest;
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
    }

    /// The store of the gateways that were killed, once no webhook waits in it, or once that has been waited for. What
    /// came while they died, and what a failpoint struck, is taken up by the next start, which gets the time for it.
    pub(super) async fn of_the_dead(
        &mut self,
        rig: &mut Rig,
        orders: &BTreeSet<(MerchantId, OrderCode)>,
    ) -> Arc<dyn Store> {
        // In all twice the half minute for which word is asked about that money was taken back.
        const RESTARTS_MAX: u32 = 9;
        // The first pause of a webhook whose try failed, and a margin.
        const PAUSE: Duration = Duration::from_secs(7);
        loop {
            let store = rig.store().await;
            let open = store.counts().await.expect("inbox counts").open;
            if open == 0 || self.restarts == RESTARTS_MAX {
                return store;
            }
            if self.restarts == 0 {
                self.cut_off = being_opened(&*store, orders).await;
            }
            drop(store);
            self.restarts += 1;
            rig.start_gateway().await;
            tokio::time::sleep(PAUSE).await;
            rig.kill_gateway();
        }
    }
}

/// The payments of these orders for which more charges may be opened.
async fn being_opened(store: &dyn Store, orders: &BTreeSet<(MerchantId, OrderCode)>) -> Vec<String> {
    let mut opened = Vec::new();
    for (merchant, code) in orders {
        let payments = store.of_order(merchant, code).await.expect("payments of an order");
        let open = payments.iter().filter(|payment| payment.intake == Intake::Open);
        opened.extend(open.map(|payment| payment.id.to_string()));
    }
    opened
}
