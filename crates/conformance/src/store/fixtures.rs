//! What the cases write: plain values whose ids and times are the same in every run.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::audit::{Actor, AuditEvent, AuditHead, AuditNote, BodyRole};
use mstore_pay_domain::charge::{Charge, Funds, Payer, Receipt, Risk, Signal};
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::{
    AccountId, ChargeId, ConflictId, DeliveryId, EndpointId, ExceptionId, LeaseToken, MerchantId, MessageId, OrderCode,
    OurReference, PaymentId, ProviderId, ProviderRef, TenderId,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::order::{Order, OrderState};
use mstore_pay_domain::payment::{CheckLog, Display, Intake, Payment, PaymentDetails, PublicReference, Revision};
use mstore_pay_domain::ports::{CommitError, IdGenerator, Outbox, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use mstore_pay_domain::webhook::{Authentic, Delivery, NewDelivery};

use super::Stores;

/// A lease that holds for as long as any case runs.
pub(super) const LONG: Duration = Duration::from_hours(1);
/// A lease that runs out while a case waits.
pub(super) const SHORT: Duration = Duration::from_millis(30);
/// By then a short lease has run out.
pub(super) const AFTER_SHORT: Duration = Duration::from_millis(60);

/// A lease that holds for a few commits, even on a busy machine, and runs out while a case waits.
pub(super) const MEDIUM: Duration = Duration::from_millis(600);
/// By then a medium lease has run out.
pub(super) const AFTER_MEDIUM: Duration = Duration::from_millis(650);

/// So many seconds into the cases' day, with microseconds that must survive.
pub(super) fn at(seconds: u64) -> Timestamp {
    let start = Timestamp::parse_rfc3339("2025-10-13T10:32:15.123456Z").expect("a time");
    start.plus(Duration::from_secs(seconds))
}

/// A time at which everything that will ever be due is.
pub(super) fn far_future() -> Timestamp {
    Timestamp::parse_rfc3339("2999-01-01T00:00:00Z").expect("a time")
}

pub(super) fn merchant() -> MerchantId {
    MerchantId::parse("M1").expect("a merchant")
}

pub(super) fn other_merchant() -> MerchantId {
    MerchantId::parse("M2").expect("a merchant")
}

pub(super) fn provider() -> ProviderId {
    ProviderId::parse("acme").expect("a provider")
}

pub(super) fn order_code(text: &str) -> OrderCode {
    OrderCode::parse(text).expect("an order code")
}

pub(super) fn provider_ref(text: &str) -> ProviderRef {
    ProviderRef::parse(text).expect("a provider reference")
}

pub(super) fn receipt(payment_ref: &str) -> Receipt {
    Receipt {
        payment_ref: provider_ref(payment_ref),
        money: ReportedMoney::idr(Money::from(33_000)),
        paid_at: at(60),
        // Not every store takes a NUL: a payer has none.
        payer: Payer::told(Some("BCA\0".to_owned()), Some("Siti 'Nur'".to_owned()), None),
    }
}

pub(super) fn paid_with(payment_ref: &str) -> Signal {
    Signal::Received(receipt(payment_ref))
}

pub(super) fn funds(payment_ref: &str) -> Funds {
    Funds::from_facts([receipt(payment_ref)], [], [])
}

/// Makes values with ids that do not repeat within a case.
#[derive(Default)]
pub(super) struct Kit {
    ids: SequentialIds,
}

impl Kit {
    pub(super) fn charge_id(&self) -> ChargeId {
        ChargeId::new(self.ids.uuid())
    }

    pub(super) fn payment_id(&self) -> PaymentId {
        PaymentId::new(self.ids.uuid())
    }

    pub(super) fn exception_id(&self) -> ExceptionId {
        ExceptionId::new(self.ids.uuid())
    }

    pub(super) fn tender_id(&self) -> TenderId {
        TenderId::new(self.ids.uuid())
    }

    pub(super) fn conflict_id(&self) -> ConflictId {
        ConflictId::new(self.ids.uuid())
    }

    pub(super) fn endpoint_id(&self) -> EndpointId {
        EndpointId::new(self.ids.uuid())
    }

    pub(super) fn lease(&self, ttl: Duration) -> Lease {
        Lease { token: LeaseToken::new(self.ids.uuid()), ttl }
    }

    /// A payment of the first merchant with one charge that was intended and no more.
    pub(super) fn payment(&self, order: &str) -> Payment {
        self.payment_of(merchant(), order)
    }

    pub(super) fn payment_of(&self, merchant: MerchantId, order: &str) -> Payment {
        let order_code = order_code(order);
        Payment {
            id: self.payment_id(),
            merchant,
            branch: None,
            charges: vec![self.charge(&order_code)],
            order_code,
            method: Method::Qris,
            amount: Money::from(33_000),
            attempt: 1,
            details: PaymentDetails::default(),
            created_at: at(0),
            expires_at: at(300),
            revision: Revision::NEW,
            intake: Intake::Open,
            display: Display::Shown,
            reference: PublicReference::Unset,
            audit: AuditHead::default(),
            checks: CheckLog::default(),
        }
    }

    pub(super) fn charge(&self, order_code: &OrderCode) -> Charge {
        let id = self.charge_id();
        let reference = OurReference::of(order_code, &id);
        Charge::intend(id, provider(), AccountId::main(), reference, Risk::Displayed, at(0))
    }

    pub(super) fn message(&self, payment: &Payment) -> OutboxMessage {
        let id = MessageId::new(self.ids.uuid());
        OutboxMessage::about(payment, id, at(1), PaymentEvent::StatusChanged(payment.status()))
    }

    pub(super) fn delivery(&self, body: &str) -> NewDelivery {
        let id = DeliveryId::new(self.ids.uuid());
        let (provider, account, received_at) = (provider(), AccountId::main(), at(0));
        let stored = Delivery {
            id,
            provider: provider.clone(),
            account: account.clone(),
            received_at,
            body: body.as_bytes().to_vec(),
            attempts: 1,
        };
        NewDelivery { id, provider, account, received_at, authentic: Authentic::from_inbox(&stored) }
    }
}

/// An order of the first merchant.
pub(super) fn order_of(code: &str) -> Order {
    Order {
        merchant: merchant(),
        branch: None,
        code: order_code(code),
        grand_total: Money::from(33_000),
        payment_method: None,
        body_json: None,
        created_at: at(0),
        revision: Revision::NEW,
        state: OrderState::Draft,
    }
}

pub(super) fn note(event: AuditEvent, seconds: u64) -> AuditNote {
    AuditNote::new(at(seconds), Actor::Worker, event)
}

/// A unit that writes the payment with one link of its chain, due at no time.
pub(super) fn unit(payment: &Payment) -> UnitOfWork {
    unit_due(payment, Due::Never)
}

pub(super) fn unit_due(payment: &Payment, due: Due) -> UnitOfWork {
    let mut work = UnitOfWork::default();
    let mut payment = payment.clone();
    let said = note(AuditEvent::ChargeMoved, 1).with_body(BodyRole::Response, payment.id.to_string());
    work.note(&mut payment, said);
    work.write(payment, due);
    work
}

/// Commits, and gives the payment as it is read back.
pub(super) async fn commit_and_read(stores: &Stores, payment: &Payment) -> Payment {
    must_commit(stores, &unit(payment)).await;
    read(stores, payment).await.expect("a committed payment is found")
}

pub(super) async fn read(stores: &Stores, payment: &Payment) -> Option<Payment> {
    stores.payments.payment(&payment.merchant, &payment.id).await.expect("the store reads")
}

pub(super) async fn must_commit(stores: &Stores, work: &UnitOfWork) {
    if let Err(error) = stores.payments.commit(work).await {
        panic!("the unit must commit: {error:?}");
    }
}

/// Expects that a unit is refused in that way.
#[track_caller]
pub(super) fn assert_refused(outcome: &Result<(), CommitError>, how: fn(&CommitError) -> bool) {
    match outcome {
        Ok(()) => panic!("the unit was committed"),
        Err(error) => assert!(how(error), "the unit was refused otherwise: {error:?}"),
    }
}

pub(super) fn is_conflict(error: &CommitError) -> bool {
    matches!(error, CommitError::Conflict { .. })
}

pub(super) fn is_duplicate(error: &CommitError) -> bool {
    matches!(error, CommitError::Duplicate { .. })
}

/// The store's inbox and outbox, whose method names are alike.
pub(super) fn inbox(stores: &Stores) -> Arc<dyn WebhookInbox> {
    Arc::clone(&stores.inbox)
}

pub(super) fn outbox(stores: &Stores) -> Arc<dyn Outbox> {
    Arc::clone(&stores.outbox)
}
