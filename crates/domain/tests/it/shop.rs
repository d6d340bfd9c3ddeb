//! A shop: a gateway on a world in memory, and what its till, its customer and its provider do.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::{Actor, Digest, verify_chain};
use mstore_pay_domain::gateway::{
    AnswerRenderer, CreateError, CreatePayment, Created, Gateway, IdempotentRequest, Policies, Refusal, Scope, Settled,
    WorkLimits,
};
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer, StoredAnswer};
use mstore_pay_domain::ids::{IdempotencyKey, MerchantId, OrderCode, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::memory::{BookedCharge, ManualClock, MemoryWorld, ScriptedProvider};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::{Payment, PaymentDetails, PaymentStatus};
use mstore_pay_domain::ports::{
    AuditAnchors as _, Capabilities, Clock as _, ExceptionFilter, PaymentRepository as _, Timeline as _,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{IdempotencyWrite, UnitOfWork};
use mstore_pay_domain::webhook::RawWebhook;

pub(crate) const PRICE: u32 = 33_000;

pub(crate) struct Shop {
    pub(crate) world: MemoryWorld,
    pub(crate) gateway: Gateway,
}

pub(crate) struct PlainAnswers;

impl AnswerRenderer for PlainAnswers {
    fn opened(&self, payment: &Payment) -> StoredAnswer {
        StoredAnswer { status: 200, body: format!("{}/{:?}", payment.id, payment.status()).into_bytes() }
    }

    fn refused(&self, refusal: &Refusal) -> StoredAnswer {
        StoredAnswer { status: 422, body: refusal.code.clone().into_bytes() }
    }
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::with(Policies::default())
    }

    pub(crate) fn with(policies: Policies) -> Self {
        let now = Timestamp::parse_rfc3339("2026-01-05T03:00:00Z").unwrap();
        let world = MemoryWorld::new(ProviderId::parse("acme").unwrap(), now).unwrap();
        let gateway = Gateway::new(world.ports(), policies);
        Self { world, gateway }
    }

    /// A shop whose provider offers a method so.
    pub(crate) fn offering(method: Method, capabilities: Capabilities) -> Self {
        let mut shop = Self::open();
        let (id, clock) = (shop.world.account.provider.clone(), Arc::<ManualClock>::clone(&shop.world.clock));
        shop.world.provider = Arc::new(ScriptedProvider::new(id, clock).offering(method, capabilities));
        shop.gateway = Gateway::new(shop.world.ports(), Policies::default());
        shop
    }

    pub(crate) fn scope() -> Scope {
        Scope { merchant: MerchantId::parse("M1").unwrap(), branch: None }
    }

    pub(crate) fn command(order: &str, amount: u32) -> CreatePayment {
        CreatePayment {
            scope: Self::scope(),
            actor: Actor::Worker,
            order_code: OrderCode::parse(order).unwrap(),
            method: Method::Qris,
            amount: Money::from(amount),
            details: PaymentDetails::default(),
            expires_in: None,
            card_token: None,
            idempotency: None,
            switch_confirmed: false,
        }
    }

    pub(crate) fn keyed(order: &str, amount: u32, key: &str) -> CreatePayment {
        let request = IdempotentRequest {
            key: IdempotencyKey::parse(key).unwrap(),
            fingerprint: Digest::of(format!("{order}/{amount}").as_bytes()),
        };
        CreatePayment { idempotency: Some(request), ..Self::command(order, amount) }
    }

    /// Leaves a key as a request left it that joined the payment and saw no end of it.
    pub(crate) fn joined(&self, payment: &Payment, key: &str) {
        let request = Self::keyed(payment.order_code.as_str(), PRICE, key).idempotency.unwrap();
        let now = self.world.clock.now();
        let record = IdempotencyRecord {
            slot: IdempotencySlot {
                merchant: payment.merchant.clone(),
                route: "POST /api/v1/pos/payments".to_owned(),
                key: request.key,
            },
            fingerprint: request.fingerprint,
            payment: payment.id,
            expires_at: now.plus(Duration::from_hours(24)),
            answer: KeptAnswer::Current,
        };
        let claim = IdempotencyWrite::Claim { record, now };
        block_on(self.world.store.commit(&UnitOfWork { idempotency: vec![claim], ..UnitOfWork::default() })).unwrap();
    }

    pub(crate) fn create(&self, command: &CreatePayment) -> Result<Created, CreateError> {
        block_on(self.gateway.create(command, &PlainAnswers))
    }

    /// A payment whose QR is on display.
    pub(crate) fn sell(&self, order: &str) -> Payment {
        match self.create(&Self::command(order, PRICE)) {
            Ok(Created::Open(payment)) => *payment,
            other => panic!("expected a QR, got {other:?}"),
        }
    }

    pub(crate) fn payment(&self, id: &PaymentId) -> Payment {
        block_on(self.world.store.payment(&Self::scope().merchant, id)).unwrap().unwrap()
    }

    /// Every payment of an order.
    pub(crate) fn stored(&self, order: &str) -> Vec<Payment> {
        let code = OrderCode::parse(order).unwrap();
        block_on(self.world.store.of_order(&Self::scope().merchant, &code)).unwrap()
    }

    pub(crate) fn status(&self, id: &PaymentId) -> PaymentStatus {
        self.payment(id).status()
    }

    pub(crate) fn pay(&self, name: &str, amount: u32) -> ProviderRef {
        self.world.provider.pay(name, &Money::from(amount)).unwrap()
    }

    /// The reference of the charge on display.
    pub(crate) fn shown(&self, id: &PaymentId) -> String {
        self.payment(id).shown_charge().unwrap().our_reference.to_string()
    }

    pub(crate) fn books(&self) -> Vec<BookedCharge> {
        self.world.provider.charges()
    }

    /// Delivers a webhook, and settles it if it is new.
    pub(crate) fn deliver(&self, raw: &RawWebhook) -> Option<Settled> {
        use mstore_pay_domain::gateway::{AcceptedWebhook, Settler};
        let accepted =
            block_on(self.gateway.accept_webhook(&self.world.account.provider, None, raw, Settler::Caller)).unwrap();
        match accepted {
            AcceptedWebhook::New { leased, .. } => Some(block_on(self.gateway.settle_webhook(&leased)).unwrap()),
            AcceptedWebhook::Duplicate { .. } => None,
        }
    }

    /// Delivers everything the provider has to tell.
    pub(crate) fn deliver_all(&self) -> Vec<Settled> {
        self.webhooks().iter().filter_map(|raw| self.deliver(raw)).collect()
    }

    pub(crate) fn webhooks(&self) -> Vec<RawWebhook> {
        self.world.provider.take_webhooks(&self.world.account)
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// Lets the workers do all there is to do now.
    pub(crate) fn work(&self) {
        for _ in 0..50 {
            let done = block_on(self.gateway.work_once(self.world.clock.now(), WorkLimits::default())).unwrap();
            if done.is_idle() {
                return;
            }
        }
        panic!("the workers never rest");
    }

    /// Lets time pass, the workers at work every second.
    pub(crate) fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.later(1);
            self.work();
        }
    }

    /// The kinds of open exceptions of the merchant, sorted.
    pub(crate) fn exceptions(&self) -> Vec<&'static str> {
        let filter = ExceptionFilter::Merchant(Self::scope().merchant);
        let page = block_on(self.gateway.list_exceptions(&[filter], None, 100)).unwrap();
        let mut kinds: Vec<_> = page.exceptions.iter().map(|known| known.misfit.kind()).collect();
        kinds.sort_unstable();
        kinds
    }

    /// Checks that the merchant's record is whole, and returns what is on it: who, what, and why.
    #[track_caller]
    pub(crate) fn merchant_record(&self) -> Vec<(String, String, Option<String>)> {
        let merchant = Self::scope().merchant;
        let records = block_on(self.world.store.merchant_records(&merchant, 0, 1_000)).unwrap();
        let head = block_on(self.world.store.merchant_head(&merchant)).unwrap();
        verify_chain(&records, head.unwrap_or_default()).unwrap();
        let why = |fields: Vec<(String, String)>| fields.into_iter().find(|(name, _)| name == "reason");
        let told = records.into_iter().map(|record| (record.actor, record.event, why(record.fields)));
        told.map(|(who, what, why)| (who, what, why.map(|(_, reason)| reason))).collect()
    }

    /// Checks that the record of a payment is whole, and returns its events.
    #[track_caller]
    pub(crate) fn record(&self, id: &PaymentId) -> Vec<String> {
        let records = block_on(self.world.store.records(id)).unwrap();
        verify_chain(&records, self.payment(id).audit).unwrap();
        records.into_iter().map(|record| record.event).collect()
    }
}
