use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_app::Store;
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::ids::{AccountId, DeliveryId, LeaseToken, MerchantId, OrderCode, ProviderId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Accepted, ExceptionFilter, IdGenerator as _, InboxCounts};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Authentic, NewDelivery, RawWebhook};
use serde_json::Value;

use super::work;
use crate::rig::ledger::{LedgerCharge, ProviderCall};
use crate::rig::{Holdings, Rig};
use crate::till::{ClientLog, Exchange};

/// Where ids begin that no gateway has given.
const FRESH_IDS: u64 = u64::MAX / 2;
const EXCEPTIONS_MAX: u32 = 100_000;

/// Everything a case left behind.
pub(crate) struct Evidence {
    /// What the tills asked and heard.
    pub(crate) log: Vec<Exchange>,
    /// The provider's books.
    pub(crate) charges: Vec<LedgerCharge>,
    pub(crate) calls: Vec<ProviderCall>,
    /// The bodies of acknowledged webhooks, and whether the inbox knows them.
    pub(crate) acknowledged: Vec<(String, bool)>,
    /// What the store holds of every order that a till named, with the audit trail.
    pub(crate) payments: Vec<(Payment, Vec<AuditRecord>)>,
    pub(crate) exceptions: Vec<MoneyException>,
    /// The cash that was taken for these orders.
    pub(crate) tenders: Vec<CashTender>,
    pub(crate) inbox: InboxCounts,
    pub(crate) unsound: Vec<String>,
    /// Whether `audit verify` was content, and what it said.
    pub(crate) audit: (bool, String),
    pub(crate) metrics: String,
    pub(crate) written: String,
    /// Everything that is stored.
    pub(crate) stored: Vec<u8>,
    pub(crate) canaries: Vec<String>,
    /// What each gateway held when it was started last, and at rest.
    pub(crate) holdings: Vec<(Holdings, Holdings)>,
}

impl Evidence {
    /// Reads what can be read from outside, kills the gateways, then reads their store.
    pub(super) async fn gather(rig: &mut Rig, log: &ClientLog) -> Self {
        let_leases_end(rig).await;
        let metrics = metrics(rig).await;
        let holdings = rig.holdings();
        let deliveries = rig.control.deliveries().await;
        rig.kill_gateway();
        let store = at_rest(rig).await;
        let log = log.all();
        let orders = orders(&log);
        let (mut payments, mut tenders) = (Vec::new(), Vec::new());
        for (merchant, code) in &orders {
            tenders.extend(store.tenders(merchant, code).await.expect("cash of an order"));
            for payment in store.of_order(merchant, code).await.expect("payments of an order") {
                let records = store.records(&payment.id).await.expect("a payment's trail");
                payments.push((payment, records));
            }
        }
        let merchants: BTreeSet<MerchantId> = orders.into_iter().map(|(merchant, _)| merchant).collect();
        let mut exceptions =
            store.exceptions(&ExceptionFilter::Unmatched, None, EXCEPTIONS_MAX).await.expect("unmatched money");
        for merchant in merchants {
            let filter = ExceptionFilter::Merchant(merchant);
            exceptions.extend(store.exceptions(&filter, None, EXCEPTIONS_MAX).await.expect("exceptions"));
        }
        let (inbox, unsound) =
            (store.counts().await.expect("inbox counts"), store.integrity_check().await.expect("an integrity check"));
        let acknowledged = known(&*store, work::acknowledged(&deliveries, &log)).await;
        drop(store);
        Self {
            log,
            charges: rig.control.charges().await,
            calls: rig.control.calls().await,
            acknowledged,
            payments,
            exceptions,
            tenders,
            inbox,
            unsound,
            audit: rig.run(&["audit", "verify"]),
            metrics,
            written: fs::read_to_string(rig.log()).expect("the gateway's log"),
            stored: rig.stored(),
            holdings,
            canaries: rig.secrets.canaries().map(str::to_owned).to_vec(),
        }
    }
}

/// A store that outlives its gateways keeps what a dead one held until that lease is over.
async fn let_leases_end(rig: &Rig) {
    const LEASE_SECONDS_MAX: u64 = 65;
    const PAUSE: Duration = Duration::from_millis(500);
    if !rig.outlives_gateways() {
        return;
    }
    let (store, began) = (rig.store_to_read().await, Instant::now());
    while began.elapsed().as_secs() < LEASE_SECONDS_MAX && store.counts().await.expect("inbox counts").open > 0 {
        tokio::time::sleep(PAUSE).await;
    }
}

/// The store once no webhook waits in it, or once that has been waited for. A webhook that was not borne out yet is
/// tried again after a pause; whoever was killed meanwhile is started anew and given the time for it.
async fn at_rest(rig: &mut Rig) -> Arc<dyn Store> {
    // In all twice the half minute for which word is asked about that money was taken back.
    const TRIES: u32 = 9;
    // The first pause of a webhook whose try failed, and a margin.
    const PAUSE: Duration = Duration::from_secs(7);
    for _ in 0..TRIES {
        let store = rig.store().await;
        if store.counts().await.expect("inbox counts").open == 0 {
            return store;
        }
        drop(store);
        rig.start_gateway().await;
        tokio::time::sleep(PAUSE).await;
        rig.kill_gateway();
    }
    rig.store().await
}

/// Which of these bodies the inbox knows: what it takes in anew was not there.
async fn known(store: &dyn Store, bodies: BTreeSet<(String, String)>) -> Vec<(String, bool)> {
    let ids = SequentialIds::new(FRESH_IDS);
    let mut known = Vec::new();
    for (provider, body) in bodies {
        let raw = RawWebhook { headers: Vec::new(), body: body.clone().into_bytes() };
        let delivery = NewDelivery {
            id: DeliveryId::new(ids.uuid()),
            provider: ProviderId::parse(provider.as_str()).expect("a provider"),
            account: AccountId::main(),
            received_at: Timestamp::EPOCH,
            authentic: Authentic::if_proven(true, &raw).expect("proven by its answer"),
        };
        let lease = Lease { token: LeaseToken::new(ids.uuid()), ttl: Duration::ZERO };
        let taken = store.accept(&delivery, lease).await.expect("the inbox answers");
        known.push((body, matches!(taken, Accepted::Duplicate { .. })));
    }
    known
}

/// The metrics of every gateway.
async fn metrics(rig: &Rig) -> String {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
    let mut metrics = String::new();
    for url in rig.node_urls() {
        let answer = client.get(format!("{url}/metrics")).send().await.expect("a gateway has metrics");
        metrics.push_str(&answer.text().await.expect("metrics are text"));
    }
    metrics
}

/// The orders that tills named, by merchant: in creates, in registrations, and in what they reported.
fn orders(log: &[Exchange]) -> BTreeSet<(MerchantId, OrderCode)> {
    let mut orders = BTreeSet::new();
    for exchange in log.iter().filter(|exchange| exchange.verb == "POST") {
        let Some(Ok(body)) = exchange.sent.as_deref().map(serde_json::from_str::<Value>) else { continue };
        let lists = ["transactions", "payments", "voids"].iter().filter_map(|list| body[*list].as_array()).flatten();
        let named = lists.chain([&body]).flat_map(|item| [&item["order_code"], &item["transaction_code"]]);
        let merchant = MerchantId::parse(exchange.merchant.as_str());
        for code in named.filter_map(Value::as_str).filter_map(|code| OrderCode::parse(code).ok()) {
            orders.extend(merchant.clone().ok().map(|merchant| (merchant, code)));
        }
    }
    orders
}

impl Evidence {
    /// The object of that id in the provider's books.
    pub(crate) fn object(&self, id: &str) -> Option<&LedgerCharge> {
        self.charges.iter().find(|charge| charge.id == id)
    }

    /// The ledger's objects by our reference.
    pub(crate) fn by_reference(&self) -> BTreeMap<&str, Vec<&LedgerCharge>> {
        let mut by_reference: BTreeMap<&str, Vec<&LedgerCharge>> = BTreeMap::new();
        for charge in &self.charges {
            by_reference.entry(&charge.reference).or_default().push(charge);
        }
        by_reference
    }
}
