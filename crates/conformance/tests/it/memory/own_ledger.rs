//! The ledger over our own orders, on the store in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use mstore_pay_conformance::ledger::{LedgerHarness, LedgerRig};
use mstore_pay_conformance::ledger_failures;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::memory::{ManualClock, MemoryStore};
use mstore_pay_domain::order::{Order, OrderState, OrderStatus, PaidBy};
use mstore_pay_domain::own_ledger::OwnLedger;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{OrderRepository, OrderSummary, PaymentRepository as _, StoreError, TransactionLedger};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

/// [`OwnLedger`].
struct OwnLedgerHarness;

struct OwnLedgerRig {
    orders: Arc<Orders>,
}

/// The orders, as long as they can be reached.
struct Orders {
    store: Arc<MemoryStore>,
    is_down: AtomicBool,
}

#[async_trait]
impl OrderRepository for Orders {
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("it was taken down"));
        }
        self.store.order(merchant, code).await
    }

    async fn tenders(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<CashTender>, StoreError> {
        self.store.tenders(merchant, code).await
    }
}

fn state(status: OrderStatus) -> OrderState {
    let (at, by) = (Timestamp::EPOCH, PaidBy::Cash);
    match status {
        OrderStatus::Draft => OrderState::Draft,
        OrderStatus::PendingPayment => OrderState::PendingPayment,
        OrderStatus::Paid => OrderState::Paid { at, by },
        OrderStatus::Synced => OrderState::Synced { paid_at: at, by },
        OrderStatus::Failed => OrderState::Failed,
        OrderStatus::Expired => OrderState::Expired,
        OrderStatus::Voided => OrderState::Voided { at },
    }
}

#[async_trait]
impl LedgerHarness for OwnLedgerHarness {
    async fn fresh(&self) -> Box<dyn LedgerRig> {
        let store = Arc::new(MemoryStore::new(Arc::new(ManualClock::new(Timestamp::EPOCH))));
        Box::new(OwnLedgerRig { orders: Arc::new(Orders { store, is_down: AtomicBool::new(false) }) })
    }
}

#[async_trait]
impl LedgerRig for OwnLedgerRig {
    fn ledger(&self) -> Arc<dyn TransactionLedger> {
        Arc::new(OwnLedger::new(self.orders.clone(), self.orders.store.clone()))
    }

    async fn put_order(&self, merchant: &MerchantId, code: &OrderCode, order: &OrderSummary) {
        let order = Order {
            merchant: merchant.clone(),
            branch: order.branch.clone(),
            code: code.clone(),
            grand_total: order.grand_total.clone(),
            payment_method: None,
            body_json: None,
            created_at: Timestamp::EPOCH,
            revision: Revision::NEW,
            state: state(order.status),
        };
        let orders = vec![OrderWrite { order, expected: Revision::NEW }];
        self.orders.store.commit(&UnitOfWork { orders, ..UnitOfWork::default() }).await.unwrap();
    }

    /// The suite's payments are all of one order.
    async fn booked(&self, payment: &PaymentId) -> usize {
        let (merchant, code) = (MerchantId::parse("M1").unwrap(), OrderCode::parse("TRX-1").unwrap());
        let order = self.orders.store.order(&merchant, &code).await.unwrap();
        let by = order.and_then(|order| order.state.paid_by());
        usize::from(by == Some(PaidBy::Payment(*payment)))
    }

    async fn take_down(&self) {
        self.orders.is_down.store(true, Ordering::SeqCst);
    }
}

/// Its books are the orders that are registered here. A payment of another order is taken and booked nowhere: it stands
/// with its money in the same store, and the order begins with it when it is registered.
#[test]
fn our_own_ledger_keeps_every_promise_about_orders_that_are_registered() {
    let beyond_its_books = ["payment_of_an_unknown_order_is_booked", "payments_of_one_order_are_told_apart"];
    assert_eq!(ledger_failures!(OwnLedgerHarness), beyond_its_books);
}
