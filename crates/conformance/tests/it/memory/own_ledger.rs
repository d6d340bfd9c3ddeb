//! The ledger over our own orders, in a gateway's world in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use mstore_pay_conformance::ledger::{LedgerHarness, LedgerRig};
use mstore_pay_conformance::ledger_suite;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::gateway::{
    AcceptedWebhook, AnswerRenderer, CreatePayment, Created, Gateway, Refusal, RegisterOrder, Scope, Settler,
};
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId, ProviderId};
use mstore_pay_domain::memory::{MemoryStore, MemoryWorld};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::{Order, OrderState, OrderStatus, PaidBy};
use mstore_pay_domain::own_ledger::OwnLedger;
use mstore_pay_domain::payment::{Payment, PaymentDetails, Revision};
use mstore_pay_domain::ports::{
    ExceptionFilter, ExceptionStore as _, OrderRepository, OrderSummary, PaymentRepository as _, StoreError,
    TransactionLedger,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

/// What the suite's orders cost, in rupiah.
const PRICE: u32 = 33_000;

/// [`OwnLedger`].
pub(crate) struct OwnLedgerHarness;

struct OwnLedgerRig {
    world: MemoryWorld,
    gateway: Gateway,
    orders: Arc<Orders>,
}

/// What nobody reads here.
struct Answers;

impl AnswerRenderer for Answers {
    fn opened(&self, _payment: &Payment) -> StoredAnswer {
        StoredAnswer { status: 200, body: Vec::new() }
    }

    fn refused(&self, _refusal: &Refusal) -> StoredAnswer {
        StoredAnswer { status: 422, body: Vec::new() }
    }
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
        let world = MemoryWorld::new(ProviderId::parse("acme").unwrap(), Timestamp::EPOCH).unwrap();
        let orders = Arc::new(Orders { store: world.store.clone(), is_down: AtomicBool::new(false) });
        Box::new(OwnLedgerRig { gateway: world.gateway(), world, orders })
    }
}

impl OwnLedgerRig {
    /// A payment on display; one that was on display for the order before is withdrawn.
    async fn shown(&self, scope: Scope, order_code: OrderCode, method: Method) -> Payment {
        let command = CreatePayment {
            scope,
            actor: Actor::Operator,
            order_code,
            method,
            amount: Money::from(PRICE),
            details: PaymentDetails::default(),
            expires_in: None,
            card_token: None,
            idempotency: None,
            switch_confirmed: true,
        };
        match self.gateway.create(&command, &Answers).await {
            Ok(Created::Open(payment)) => *payment,
            other => panic!("not on display: {other:?}"),
        }
    }

    /// The order stands where it stood before the gateway settled its money, so that it hears of it from the ledger alone.
    async fn put_back(&self, merchant: &MerchantId, code: &OrderCode) {
        let Some(order) = self.world.store.order(merchant, code).await.unwrap() else { return };
        let expected = order.revision;
        let orders = vec![OrderWrite { order: Order { state: OrderState::PendingPayment, ..order }, expected }];
        self.world.store.commit(&UnitOfWork { orders, ..UnitOfWork::default() }).await.unwrap();
    }

    /// The order as the gateway has it: registered now, if it was not before.
    async fn registered(&self, payment: &Payment) -> Order {
        let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
        if let Some(order) = self.world.store.order(&merchant, &code).await.unwrap() {
            return order;
        }
        let register = RegisterOrder {
            scope: Scope { merchant, branch: None },
            code,
            grand_total: Money::from(PRICE),
            payment_method: None,
            body_json: None,
        };
        self.gateway.register_order(&register).await.unwrap()
    }
}

#[async_trait]
impl LedgerRig for OwnLedgerRig {
    fn ledger(&self) -> Arc<dyn TransactionLedger> {
        Arc::new(OwnLedger::new(self.orders.clone(), self.world.store.clone()))
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
        self.world.store.commit(&UnitOfWork { orders, ..UnitOfWork::default() }).await.unwrap();
    }

    /// Whoever asks for another payment of an order is shown the last one only; customers who kept the others pay them.
    async fn paid(&self, merchant: &MerchantId, code: &OrderCode, count: usize) -> Vec<PaymentId> {
        let scope = Scope { merchant: merchant.clone(), branch: None };
        let mut payments = Vec::new();
        for method in [Method::Qris, Method::VaBca].into_iter().cycle().take(count) {
            payments.push(self.shown(scope.clone(), code.clone(), method).await);
        }
        for payment in &payments {
            self.world.provider.pay(&payment.public_reference(), &payment.amount).unwrap();
        }
        let provider = &self.world.account.provider;
        for webhook in self.world.provider.take_webhooks(&self.world.account) {
            if let AcceptedWebhook::New { leased, .. } =
                self.gateway.accept_webhook(provider, None, &webhook, Settler::Caller).await.unwrap()
            {
                self.gateway.settle_webhook(&leased).await.unwrap();
            }
        }
        self.put_back(merchant, code).await;
        payments.iter().map(|payment| payment.id).collect()
    }

    /// The suite's payments are all of one merchant.
    async fn booked(&self, payment: &PaymentId) -> usize {
        let merchant = MerchantId::parse("M1").unwrap();
        let payment = self.world.store.payment(&merchant, payment).await.unwrap().unwrap();
        let order = self.registered(&payment).await;
        let filter = ExceptionFilter::Payment(payment.id);
        let misfits = self.world.store.exceptions(&filter, None, 100).await.unwrap();
        let beyond = misfits.iter().filter(|known| matches!(known.misfit, Misfit::PaidTwice { .. })).count();
        usize::from(order.state.paid_by() == Some(PaidBy::Payment(payment.id))) + beyond
    }

    async fn take_down(&self) {
        self.orders.is_down.store(true, Ordering::SeqCst);
    }
}

ledger_suite!(ledger_suite_over_our_own_orders, OwnLedgerHarness);
