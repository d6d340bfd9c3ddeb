//! What the tests write, and the ways into a store's database behind its back.

use std::sync::LazyLock;
use std::time::Duration;

use mstore_pay_domain::audit::{Actor, AuditEvent, AuditHead, AuditNote, BodyRole};
use mstore_pay_domain::charge::{Charge, ChargeState, Funds, Payer, Receipt, Risk};
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::{
    AccountId, ChargeId, DeliveryId, DeviceId, LeaseToken, MerchantId, MessageId, OrderCode, OurReference, PaymentId,
    ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::payment::{CheckLog, Display, Intake, Payment, PaymentDetails, PublicReference, Revision};
use mstore_pay_domain::ports::{IdGenerator, PaymentRepository};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use mstore_pay_domain::webhook::{Authentic, Delivery, NewDelivery};
use mstore_pay_postgres::{Options, PostgresStore};
use mstore_pay_throwaway_postgres::{Database, Template};
use tokio::runtime::Runtime;

/// The rights of a gateway: the tests use no others where they go through the store.
const AS_APP: &str = "options=-c%20role%3Dmstore_pay_app";

static MIGRATED: LazyLock<Template> = LazyLock::new(|| Template::new(migrate_apart));

fn migrate_apart(url: &str) {
    let migrate = || Runtime::new().unwrap().block_on(mstore_pay_postgres::migrate(url)).unwrap();
    // A runtime cannot be started within one.
    std::thread::scope(|scope| scope.spawn(migrate).join().unwrap());
}

/// What the tests of both stores call the one under test.
pub(crate) type TestStore = PostgresStore;

/// A database with the tables of a store.
pub(crate) struct Site {
    pub(crate) database: Database,
    pub(crate) ids: SequentialIds,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { database: MIGRATED.database(), ids: SequentialIds::new(7) }
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        self.open_with(options()).await
    }

    pub(crate) async fn open_with(&self, options: Options) -> PostgresStore {
        PostgresStore::connect(&as_app(&self.database.url()), options).await.unwrap()
    }

    /// The store, as tests of both stores open it.
    pub(crate) async fn opened(&self) -> TestStore {
        self.open().await
    }

    /// Changes the database as its owner would who knows it well: neither triggers nor references hold it up.
    pub(crate) fn forge(&self, statements: &[String]) {
        tamper(self, &statements.join("; "));
    }

    /// Those bytes, as SQL spells them here.
    pub(crate) fn bytes(bytes: &[u8]) -> String {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("'\\x{}'::bytea", hex.concat())
    }

    /// That time, as SQL spells it here.
    pub(crate) fn time(at: Timestamp) -> String {
        format!("'{at}'::timestamptz")
    }

    /// The columns of a table or view, in their order.
    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        let columns = self.run(&format!(
            "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        ));
        columns.lines().map(ToOwned::to_owned).collect()
    }

    /// How a view is defined.
    pub(crate) fn view(&self, name: &str) -> String {
        self.run(&format!("SELECT pg_get_viewdef('{name}'::regclass)"))
    }

    /// The one text that a query gives.
    pub(crate) fn text(&self, query: &str) -> String {
        self.run(query)
    }

    /// Runs SQL as somebody who may do everything, behind the store's back.
    pub(crate) fn run(&self, sql: &str) -> String {
        self.database.run(sql).unwrap()
    }

    pub(crate) fn lease(&self, ttl: Duration) -> Lease {
        Lease { token: LeaseToken::new(self.ids.uuid()), ttl }
    }

    pub(crate) fn payment(&self) -> Payment {
        payment(&self.ids)
    }
}

/// Few connections: many tests share one server.
pub(crate) fn options() -> Options {
    Options { connections: 4, ..Options::default() }
}

/// The same database with the rights of a gateway.
pub(crate) fn as_app(url: &str) -> String {
    let first = if url.contains('?') { '&' } else { '?' };
    format!("{url}{first}{AS_APP}")
}

/// Changes the database behind the store's back; neither CHECKs nor triggers hold it up.
pub(crate) fn tamper(site: &Site, sql: &str) {
    const DROP_CHECKS: &str = "DO $$ DECLARE c RECORD; BEGIN
        FOR c IN SELECT conrelid::regclass AS of, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.of, c.conname);
        END LOOP;
    END $$;";
    site.run(&format!("{DROP_CHECKS} SET session_replication_role = replica; {sql}"));
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::parse_rfc3339("2025-10-13T10:32:15.123456Z").unwrap().plus(Duration::from_secs(seconds))
}

pub(crate) fn far_future() -> Timestamp {
    Timestamp::parse_rfc3339("2999-01-01T00:00:00Z").unwrap()
}

/// A payment of one charge that was paid.
pub(crate) fn payment(ids: &dyn IdGenerator) -> Payment {
    let (id, charge_id) = (PaymentId::new(ids.uuid()), ChargeId::new(ids.uuid()));
    let order_code = OrderCode::parse("TRX-1").unwrap();
    let reference = OurReference::of(&order_code, &charge_id);
    let provider = ProviderId::parse("acme").unwrap();
    let mut charge = Charge::intend(charge_id, provider, AccountId::main(), reference, Risk::Displayed, at(0));
    let receipt = Receipt {
        payment_ref: ProviderRef::parse(format!("py-{charge_id}")).unwrap(),
        money: ReportedMoney::idr(Money::from(33_000)),
        paid_at: at(60),
        payer: Payer::default(),
    };
    charge.state = ChargeState::Paid(Funds::from_facts([receipt], [], []));
    Payment {
        id,
        merchant: MerchantId::parse("M1").unwrap(),
        branch: None,
        order_code,
        method: Method::Qris,
        amount: Money::from(33_000),
        attempt: 1,
        details: PaymentDetails { device: DeviceId::parse("TILL-1").ok(), ..PaymentDetails::default() },
        created_at: at(0),
        expires_at: at(300),
        revision: Revision::NEW,
        intake: Intake::Closed,
        display: Display::Shown,
        reference: PublicReference::Own,
        charges: vec![charge],
        audit: AuditHead::default(),
        checks: CheckLog::default(),
    }
}

/// A unit that writes the payment with one record of it.
pub(crate) fn unit(payment: &Payment, due: Due) -> UnitOfWork {
    let (mut work, mut payment) = (UnitOfWork::default(), payment.clone());
    let note = AuditNote::new(at(61), Actor::Provider, AuditEvent::WebhookSettled)
        .with_body(BodyRole::Callback, "{\"status\":\"PAID\"}");
    work.note(&mut payment, note);
    work.write(payment, due);
    work
}

/// Commits a payment and gives it as it is stored.
pub(crate) async fn stored(store: &PostgresStore, payment: &Payment, due: Due) -> Payment {
    store.commit(&unit(payment, due)).await.unwrap();
    store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap()
}

/// A delivery of something that says nothing.
pub(crate) fn delivery(ids: &dyn IdGenerator) -> NewDelivery {
    let (id, provider) = (DeliveryId::new(ids.uuid()), ProviderId::parse("acme").unwrap());
    let (account, received_at, body) = (AccountId::main(), at(0), id.to_string().into_bytes());
    let stored = Delivery { id, provider: provider.clone(), account: account.clone(), received_at, body, attempts: 1 };
    NewDelivery { id, provider, account, received_at, authentic: Authentic::from_inbox(&stored) }
}

/// News of a payment.
pub(crate) fn message_about(payment: &Payment, ids: &dyn IdGenerator) -> OutboxMessage {
    let event = PaymentEvent::StatusChanged(payment.status());
    OutboxMessage::about(payment, MessageId::new(ids.uuid()), at(1), event)
}
