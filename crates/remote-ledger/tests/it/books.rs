//! A transaction service with books, as its README has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::ledger::{LedgerHarness, LedgerRig};
use mstore_pay_conformance::wire::{Reply, SeenRequest, WireStub};
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{IdGenerator as _, OrderSummary, TransactionLedger};
use mstore_pay_outbound::HttpClient;
use mstore_pay_outbound::json::Object;
use mstore_pay_remote_ledger::{RemoteLedger, RemoteLedgerConfig};

pub(crate) const WITHIN: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Books {
    /// What a look-up is told, by path.
    orders: BTreeMap<String, String>,
    /// Payments, as often as they were booked.
    booked: Vec<String>,
}

impl Books {
    fn look_up(&self, request: &SeenRequest) -> Reply {
        let unknown = || Reply::json(404, r#"{"error_code":"order_unknown"}"#);
        self.orders.get(&request.path).map_or_else(unknown, |told| Reply::json(200, told.clone()))
    }

    fn book(&mut self, request: &SeenRequest) -> Reply {
        let told = Object::parse(&request.body).unwrap();
        let payment = told.text("payment_id").unwrap();
        assert_eq!(request.header("idempotency-key"), Some(payment.as_str()));
        assert!(told.money("amount").unwrap().is_some() && told.time("paid_at").is_some());
        if !self.booked.contains(&payment) {
            self.booked.push(payment.clone());
        }
        Reply::json(201, format!(r#"{{"payment_id":"{payment}"}}"#))
    }
}

/// The service of a shop, at work.
pub(crate) struct Service;

struct Rig {
    stub: Mutex<Option<WireStub>>,
    books: Arc<Mutex<Books>>,
    ledger: Arc<RemoteLedger>,
}

pub(crate) fn ledger_at(base_url: &str) -> RemoteLedger {
    let config = RemoteLedgerConfig::new(base_url).unwrap().within(WITHIN);
    RemoteLedger::new(HttpClient::new().unwrap(), config)
}

#[async_trait]
impl LedgerHarness for Service {
    async fn fresh(&self) -> Box<dyn LedgerRig> {
        let (stub, books) = (WireStub::start().await, Arc::<Mutex<Books>>::default());
        let (looked_up, told) = (Arc::clone(&books), Arc::clone(&books));
        stub.answering("GET", "/merchants/", move |request| open(&looked_up).look_up(request));
        stub.answering("POST", "/merchants/", move |request| open(&told).book(request));
        let ledger = Arc::new(ledger_at(&stub.base_url()));
        Box::new(Rig { stub: Mutex::new(Some(stub)), books, ledger })
    }
}

#[async_trait]
impl LedgerRig for Rig {
    fn ledger(&self) -> Arc<dyn TransactionLedger> {
        self.ledger.clone()
    }

    async fn put_order(&self, merchant: &MerchantId, code: &OrderCode, order: &OrderSummary) {
        let branch = order.branch.as_ref().map(|branch| format!(r#","branch_id":"{branch}""#)).unwrap_or_default();
        let told = format!(r#"{{"grand_total":{},"status":"{}"{branch}}}"#, order.grand_total, order.status);
        open(&self.books).orders.insert(format!("/merchants/{merchant}/orders/{code}"), told);
    }

    async fn paid(&self, _merchant: &MerchantId, _code: &OrderCode, count: usize) -> Vec<PaymentId> {
        let ids = SequentialIds::default();
        (0..count).map(|_| PaymentId::new(ids.uuid())).collect()
    }

    async fn booked(&self, payment: &PaymentId) -> usize {
        let payment = payment.to_string();
        open(&self.books).booked.iter().filter(|known| **known == payment).count()
    }

    async fn take_down(&self) {
        *self.stub.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn open(books: &Mutex<Books>) -> std::sync::MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
