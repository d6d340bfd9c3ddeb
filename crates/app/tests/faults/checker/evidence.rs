use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use mstore_pay_app::Store;
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::event::{Change, FeedPlace, PaymentEvent};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::ids::{AccountId, DeliveryId, LeaseToken, MerchantId, OrderCode, PaymentId, ProviderId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Accepted, ExceptionFilter, IdGenerator as _, InboxCounts};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Authentic, NewDelivery, RawWebhook};
use serde_json::Value;

use super::rest::Rest;
use super::work;
use crate::rig::ledger::{Delivery, LedgerCharge, ProviderCall};
use crate::rig::{Holdings, Rig};
use crate::till::{ClientLog, Exchange};

/// Where ids begin that no gateway has given.
const FRESH_IDS: u64 = u64::MAX / 2;
const EXCEPTIONS_MAX: u32 = 100_000;
const CHANGES_AT_ONCE: u32 = 1_000;

/// A payment with its audit trail.
pub(crate) type Recorded = (Payment, Vec<AuditRecord>);

/// Everything a case left behind.
pub(crate) struct Evidence {
    /// What the tills asked and heard.
    pub(crate) log: Vec<Exchange>,
    /// The provider's books.
    pub(crate) charges: Vec<LedgerCharge>,
    pub(crate) calls: Vec<ProviderCall>,
    /// Webhooks of the provider's own, and how each was answered.
    pub(crate) deliveries: Vec<Delivery>,
    /// The bodies of acknowledged webhooks, and whether the inbox knows them.
    pub(crate) acknowledged: Vec<(String, bool)>,
    /// What the store holds of every order that a till named, with the audit trail.
    pub(crate) payments: Vec<Recorded>,
    /// What was written for the outside of each of them, in its order.
    pub(crate) told: BTreeMap<PaymentId, Vec<PaymentEvent>>,
    pub(crate) exceptions: Vec<MoneyException>,
    /// The cash that was taken for these orders.
    pub(crate) tenders: Vec<CashTender>,
    pub(crate) inbox: InboxCounts,
    pub(crate) rest: Rest,
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
    /// Lets the gateways come to rest, reads what can be read from outside, kills them, then reads their store.
    pub(super) async fn gather(rig: &mut Rig, log: &ClientLog) -> Self {
        let mut rest = Rest::of_the_living(rig).await;
        let metrics = metrics(rig).await;
        let holdings = rig.holdings();
        let deliveries = rig.control.deliveries().await;
        rig.kill_gateway();
        let log = log.all();
        let orders = orders(&log);
        let store = rest.of_the_dead(rig, &orders).await;
        let (payments, tenders) = of_orders(&*store, &orders).await;
        let merchants: BTreeSet<MerchantId> = orders.into_iter().map(|(merchant, _)| merchant).collect();
        let (exceptions, told) = (exceptions(&*store, &merchants).await, told(&*store, &merchants).await);
        let (inbox, unsound) =
            (store.counts().await.expect("inbox counts"), store.integrity_check().await.expect("an integrity check"));
        let acknowledged = known(&*store, work::acknowledged(&deliveries, &log)).await;
        drop(store);
        Self {
            log,
            charges: rig.control.charges().await,
            calls: rig.control.calls().await,
            deliveries,
            acknowledged,
            payments,
            told,
            exceptions,
            tenders,
            inbox,
            rest,
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

/// What the store holds of these orders: their payments with the audit trail, and the cash.
async fn of_orders(store: &dyn Store, orders: &BTreeSet<(MerchantId, OrderCode)>) -> (Vec<Recorded>, Vec<CashTender>) {
    let (mut payments, mut tenders) = (Vec::new(), Vec::new());
    for (merchant, code) in orders {
        tenders.extend(store.tenders(merchant, code).await.expect("cash of an order"));
        for payment in store.of_order(merchant, code).await.expect("payments of an order") {
            let records = store.records(&payment.id).await.expect("a payment's trail");
            payments.push((payment, records));
        }
    }
    (payments, tenders)
}

/// The exceptions of these merchants, and those of nobody.
async fn exceptions(store: &dyn Store, merchants: &BTreeSet<MerchantId>) -> Vec<MoneyException> {
    let of_each = merchants.iter().cloned().map(ExceptionFilter::Merchant);
    let mut exceptions = Vec::new();
    for filter in of_each.chain([ExceptionFilter::Unmatched]) {
        exceptions.extend(store.exceptions(&filter, None, EXCEPTIONS_MAX).await.expect("exceptions"));
    }
    exceptions
}

/// What was written for the outside of every payment of these merchants, in its order.
async fn told(store: &dyn Store, merchants: &BTreeSet<MerchantId>) -> BTreeMap<PaymentId, Vec<PaymentEvent>> {
    let mut told: BTreeMap<PaymentId, Vec<PaymentEvent>> = BTreeMap::new();
    for merchant in merchants {
        let mut after = FeedPlace::START;
        loop {
            let piece = store.changes(merchant, &None, after, CHANGES_AT_ONCE).await.expect("a feed of changes");
            if piece.changes.is_empty() {
                break;
            }
            after = piece.next;
            for Change { message, .. } in piece.changes {
                told.entry(message.payment).or_default().push(message.event);
            }
        }
    }
    told
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
