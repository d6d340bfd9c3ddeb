//! The rows that units of work write, gathered, and written with few statements.

use std::collections::BTreeSet;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt as _;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{
    BodyRow, Cells, DetailsRow, EventBodyRow, EventRow, MessageRow, OrderRow, ReceiptRow, RefundRow, ReversalRow,
    TenderRow,
};
use mstore_pay_tables::schema::live_orders;

use super::charges::{KnownCharge, NewCharge};
use super::idempotency::{Answered, Claim};
use super::inbox::PutDown;
use super::live_orders::{Freed, Hold};
use super::payments::{KnownPayment, NewPayment};
use crate::errors::Fault;
use crate::pipeline::{Flight, in_order};

/// Statements of so many parts are kept prepared, since nearly every unit has that few; larger ones are too various.
const KEPT_PARTS_MAX: usize = 24;

/// A statement that inserts, updates or deletes rows and returns nothing.
pub(super) type Write<'a> = Box<dyn QueryFragment<Pg> + Send + Sync + 'a>;

/// Rows of one table that are written in one way.
pub(super) trait Rows<'a>: Sized {
    /// The statement for all of them, of one text however many they are.
    fn written(rows: Vec<Self>) -> Write<'a>;
}

/// What it means that a row was not written.
pub(super) enum Otherwise<'a> {
    /// That there was nothing to be done.
    Fine,
    /// That the unit is refused.
    Refused(CommitError),
    /// That another payment holds the order.
    OrderHeld { merchant: &'a MerchantId, order_code: &'a OrderCode },
}

/// Rows to be written in one way, each with what it means that it was not.
pub(super) struct Gathered<'a, R>(Vec<(R, Otherwise<'a>)>);

impl<R> Default for Gathered<'_, R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'a, R: Rows<'a>> Gathered<'a, R> {
    pub(super) fn add(&mut self, row: R, otherwise: Otherwise<'a>) {
        self.0.push((row, otherwise));
    }

    fn take(&mut self, sending: Sending, parts: &mut Vec<Part<'a>>) {
        let mut rows = std::mem::take(&mut self.0);
        while !rows.is_empty() {
            let any_matters = rows.iter().any(|(_, otherwise)| !matches!(otherwise, Otherwise::Fine));
            let behind = if sending == Sending::AsOne && any_matters { rows.split_off(1) } else { Vec::new() };
            let (of_part, meanings) = rows.into_iter().unzip();
            parts.push(Part { write: R::written(of_part), meanings });
            rows = behind;
        }
    }
}

/// How statements go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// All writes of a unit as one statement. It costs one look at them all, and tells of each row whether it was written.
    AsOne,
    /// Statement by statement, each with rows of several units, none of which waits for the answer to the one before. It
    /// tells only whether all rows of a statement were written.
    InTurn,
}

/// Writes that do not look at each other's rows. They go out in the order of these fields, behind what they refer to.
pub(super) struct Batch<'a> {
    sending: Sending,
    /// Which rows are written: a statement sees none of its own writes, so a row takes part in it once.
    named: BTreeSet<(&'static str, String)>,
    pub(super) new_payments: Gathered<'a, NewPayment>,
    pub(super) known_payments: Gathered<'a, KnownPayment>,
    pub(super) details: Gathered<'a, DetailsRow>,
    pub(super) new_charges: Gathered<'a, NewCharge>,
    pub(super) known_charges: Gathered<'a, KnownCharge>,
    pub(super) receipts: Gathered<'a, ReceiptRow>,
    pub(super) refunds: Gathered<'a, RefundRow>,
    pub(super) reversals: Gathered<'a, ReversalRow>,
    pub(super) new_orders: Gathered<'a, OrderRow>,
    pub(super) tenders: Gathered<'a, TenderRow>,
    pub(super) holds: Gathered<'a, Hold<'a>>,
    pub(super) freed: Gathered<'a, Freed<'a>>,
    pub(super) claims: Gathered<'a, Claim>,
    pub(super) answers: Gathered<'a, Answered<'a>>,
    pub(super) deliveries: Gathered<'a, PutDown<'a>>,
    /// Writes of one row each, which are rare. Others go together, and none joins an array with a table but by looking each row up by itself: other
    /// plans are kept from when the table was small, and read all of it long after.
    pub(super) single: Vec<(Write<'a>, Otherwise<'a>)>,
    pub(super) messages: Gathered<'a, MessageRow>,
    pub(super) events: Gathered<'a, EventRow>,
    pub(super) links: Gathered<'a, EventBodyRow>,
    pub(super) bodies: Gathered<'a, BodyRow<'a>>,
}

struct Part<'a> {
    write: Write<'a>,
    /// Of each row, what it means that it was not written.
    meanings: Vec<Otherwise<'a>>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(sending: Sending) -> Self {
        Self {
            sending,
            named: BTreeSet::new(),
            new_payments: Gathered::default(),
            known_payments: Gathered::default(),
            details: Gathered::default(),
            new_charges: Gathered::default(),
            known_charges: Gathered::default(),
            receipts: Gathered::default(),
            refunds: Gathered::default(),
            reversals: Gathered::default(),
            new_orders: Gathered::default(),
            tenders: Gathered::default(),
            holds: Gathered::default(),
            freed: Gathered::default(),
            claims: Gathered::default(),
            answers: Gathered::default(),
            deliveries: Gathered::default(),
            single: Vec::new(),
            messages: Gathered::default(),
            events: Gathered::default(),
            links: Gathered::default(),
            bodies: Gathered::default(),
        }
    }

    /// Notes that a row of that table is written, and says whether one was already: then what is there is to be
    /// [sent](Self::send) first, and this asked again.
    pub(super) fn names(&mut self, table: &'static str, row: String) -> bool {
        !self.named.insert((table, row))
    }

    /// Has everything written that was gathered.
    pub(super) async fn send(&mut self, conn: &AsyncPgConnection) -> Result<(), Fault> {
        self.named.clear();
        let parts = self.take();
        if parts.is_empty() {
            return Ok(());
        }
        match self.sending {
            Sending::AsOne => as_one(conn, parts).await,
            Sending::InTurn => in_turn(conn, parts).await,
        }
    }

    fn take(&mut self) -> Vec<Part<'a>> {
        let (sending, mut parts) = (self.sending, Vec::new());
        self.new_payments.take(sending, &mut parts);
        self.known_payments.take(sending, &mut parts);
        self.details.take(sending, &mut parts);
        self.new_charges.take(sending, &mut parts);
        self.known_charges.take(sending, &mut parts);
        self.receipts.take(sending, &mut parts);
        self.refunds.take(sending, &mut parts);
        self.reversals.take(sending, &mut parts);
        self.new_orders.take(sending, &mut parts);
        self.tenders.take(sending, &mut parts);
        self.holds.take(sending, &mut parts);
        self.freed.take(sending, &mut parts);
        self.claims.take(sending, &mut parts);
        self.answers.take(sending, &mut parts);
        self.deliveries.take(sending, &mut parts);
        let single = self.single.drain(..);
        parts.extend(single.map(|(write, otherwise)| Part { write, meanings: vec![otherwise] }));
        self.messages.take(sending, &mut parts);
        self.events.take(sending, &mut parts);
        self.links.take(sending, &mut parts);
        self.bodies.take(sending, &mut parts);
        parts
    }
}

async fn as_one(mut conn: &AsyncPgConnection, parts: Vec<Part<'_>>) -> Result<(), Fault> {
    let (writes, meanings): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.write, part.meanings)).unzip();
    let written: Result<Vec<i64>, QueryError> = Together(writes).get_result(&mut conn).await;
    for (count, meanings) in written.map_err(or_taken)?.into_iter().zip(meanings) {
        if count == 0 {
            unwritten(conn, meanings).await?;
        }
    }
    Ok(())
}

async fn in_turn(conn: &AsyncPgConnection, parts: Vec<Part<'_>>) -> Result<(), Fault> {
    let mut flight: Flight<'_> = Vec::new();
    for Part { write, meanings } in parts {
        let mut conn = conn;
        flight.push(
            async move {
                let written = write.kept().execute(&mut conn).await.map_err(or_taken)?;
                let needed = meanings.iter().filter(|otherwise| !matches!(otherwise, Otherwise::Fine)).count();
                // Which of the rows it was is found out by writing each unit by itself.
                if written < needed { Err(CommitError::Conflict { current: None }.into()) } else { Ok(()) }
            }
            .boxed(),
        );
    }
    in_order(flight).await
}

async fn unwritten(mut conn: &AsyncPgConnection, meanings: Vec<Otherwise<'_>>) -> Result<(), Fault> {
    for otherwise in meanings {
        match otherwise {
            Otherwise::Fine => {}
            Otherwise::Refused(error) => return Err(error.into()),
            Otherwise::OrderHeld { merchant, order_code } => {
                let place = live_orders::table.find((merchant.as_str(), order_code.as_str()));
                let holder: String = place.select(live_orders::payment_id).first(&mut conn).await?;
                let by = Cells { table: "live_orders", id: order_code.as_str() }.text("payment_id", &holder)?;
                return Err(CommitError::OrderHeld { by }.into());
            }
        }
    }
    Ok(())
}

/// A row that must be new, and that somebody else has written meanwhile.
fn or_taken(error: QueryError) -> Fault {
    let QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = &error else {
        return error.into();
    };
    let what = match (information.table_name(), information.constraint_name()) {
        (Some("payments"), _) => "payment id",
        (Some("transactions"), _) => "order",
        (Some("cash_tenders"), _) => "tender id",
        (Some("outbox"), _) => "message id",
        (Some("charges"), Some("charges_by_provider_ref")) => "provider reference",
        (Some("charges"), Some("charges_provider_account_id_our_reference_key")) => "our reference",
        (Some("charges"), _) => "charge id",
        _other => return error.into(),
    };
    CommitError::Duplicate { what }.into()
}

/// Writes as one statement, which returns how many rows each of them wrote. PostgreSQL checks foreign keys at its end.
struct Together<'a>(Vec<Write<'a>>);

impl Query for Together<'_> {
    type SqlType = Array<BigInt>;
}

impl QueryId for Together<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (place, write) in self.0.iter().enumerate() {
            out.push_sql(if place == 0 { "WITH " } else { ", " });
            out.push_sql(&format!("w{place} AS ("));
            write.walk_ast(out.reborrow())?;
            out.push_sql(" RETURNING 1)");
        }
        out.push_sql(" SELECT ARRAY[");
        for place in 0..self.0.len() {
            let comma = if place == 0 { "" } else { ", " };
            out.push_sql(&format!("{comma}(SELECT count(*) FROM w{place})"));
        }
        out.push_sql("]");
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(self.0.len() <= KEPT_PARTS_MAX)
    }
}
