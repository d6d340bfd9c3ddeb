//! What the tests write, and the ways into a store's file behind its back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::audit::{Actor, AuditEvent, AuditHead, AuditNote, BodyRole};
use mstore_pay_domain::charge::{Charge, ChargeState, Funds, Payer, Receipt, Risk};
use mstore_pay_domain::ids::{
    AccountId, ChargeId, DeviceId, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::payment::{CheckLog, Display, Intake, Payment, PaymentDetails, PublicReference, Revision};
use mstore_pay_domain::ports::{IdGenerator, PaymentRepository};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use mstore_pay_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

/// What the tests of both stores call the one under test.
pub(crate) type TestStore = SqliteStore;

/// A folder with a store's file in it.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) ids: SequentialIds,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ids: SequentialIds::new(7) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path(), Options::default()).unwrap()
    }

    /// The store, as tests of both stores open it.
    pub(crate) fn opened(&self) -> impl Future<Output = TestStore> {
        std::future::ready(self.open())
    }

    /// Changes the file as somebody would who knows it well: neither triggers nor references hold it up.
    pub(crate) fn forge(&self, statements: &[String]) {
        let mut raw = self.raw();
        raw.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        let triggers: Vec<Name> =
            diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'trigger'").load(&mut raw).unwrap();
        let dropped = triggers.iter().map(|Name { name }| format!("DROP TRIGGER {name}"));
        for sql in dropped.chain(statements.iter().cloned()) {
            raw.batch_execute(&sql).unwrap();
        }
    }

    /// Those bytes, as SQL spells them here.
    pub(crate) fn bytes(bytes: &[u8]) -> String {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("x'{}'", hex.concat())
    }

    /// That time, as SQL spells it here.
    pub(crate) fn time(at: Timestamp) -> String {
        at.micros().to_string()
    }

    /// A way into the file that knows nothing of the store.
    /// The columns of a table or view, in their order.
    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<Name> = diesel::sql_query(columns).load(&mut self.raw()).unwrap();
        columns.into_iter().map(|column| column.name).collect()
    }

    /// How a view is defined.
    pub(crate) fn view(&self, name: &str) -> String {
        self.text(&format!("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = '{name}'"))
    }

    /// The one text that a query gives.
    pub(crate) fn text(&self, query: &str) -> String {
        let query = format!("SELECT told AS name FROM (WITH one (told) AS ({query}) SELECT told FROM one)");
        diesel::sql_query(query).get_result::<Name>(&mut self.raw()).unwrap().name
    }

    pub(crate) fn raw(&self) -> SqliteConnection {
        raw(&self.path())
    }

    pub(crate) fn lease(&self, ttl: Duration) -> Lease {
        Lease { token: LeaseToken::new(self.ids.uuid()), ttl }
    }

    pub(crate) fn payment(&self) -> Payment {
        payment(&self.ids)
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

pub(crate) fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

/// Changes the file behind the store's back; CHECKs do not hold it up.
pub(crate) fn tamper(site: &Site, sql: &str) {
    let mut conn = site.raw();
    conn.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
    conn.batch_execute(sql).unwrap();
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
pub(crate) async fn stored(store: &SqliteStore, payment: &Payment, due: Due) -> Payment {
    store.commit(&unit(payment, due)).await.unwrap();
    store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap()
}
