//! An endpoint that hears of events, its secrets sealed, the notes on it, and what is on its way to it.

use diesel::prelude::*;
use mstore_pay_domain::account::PreviousSecret;
use mstore_pay_domain::endpoint::{EndpointEvent, EndpointNote, EndpointState, EventEndpoint, SealedSigning};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{Backlog, StoreError};

use super::cells::{Cells, integer};
use crate::schema::{event_dispatches, event_endpoint_notes, event_endpoints};
use crate::types::Micros;

/// The word for an endpoint that is told of events.
pub const ENDPOINT_ENABLED: &str = EndpointState::Enabled.word();

/// An endpoint as it is written by its owner.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = event_endpoints, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct EndpointRow {
    merchant_id: String,
    /// The endpoint.
    pub id: String,
    branch_id: Option<String>,
    url: String,
    state: String,
    key_id: String,
    signing: Vec<u8>,
    previous: Option<Vec<u8>>,
    previous_until: Option<Micros>,
    revision: i64,
    created_at: Micros,
    failing_since: Option<Micros>,
}

/// How an endpoint fares.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = event_endpoints, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct StandingColumns {
    failures: i64,
}

/// A note on an endpoint.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = event_endpoint_notes, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct EndpointNoteRow {
    merchant_id: String,
    endpoint_id: String,
    seq: i64,
    at: Micros,
    actor: String,
    event: String,
    reason: Option<String>,
}

/// A message on its way to an endpoint.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = event_dispatches, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct DispatchRow {
    endpoint_id: String,
    attempts: i64,
}

impl EndpointRow {
    /// The row of an endpoint that stands at that revision.
    #[must_use]
    pub fn of(endpoint: &EventEndpoint, revision: Revision) -> Self {
        let signing = endpoint.signing.clone();
        let (previous, until) = signing.previous.map(|previous| (previous.sealed, previous.until)).unzip();
        Self {
            merchant_id: endpoint.merchant.to_string(),
            id: endpoint.id.to_string(),
            branch_id: endpoint.branch.as_ref().map(ToString::to_string),
            url: endpoint.url.to_string(),
            state: endpoint.state.word().to_owned(),
            key_id: signing.key.to_string(),
            signing: signing.current,
            previous,
            previous_until: until.map(Into::into),
            revision: integer(revision.number()),
            created_at: endpoint.created_at.into(),
            failing_since: None,
        }
    }

    /// The endpoint of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<EventEndpoint, StoreError> {
        let cells = Cells { table: "event_endpoints", id: &self.id };
        let previous = match &self.previous {
            Some(sealed) => {
                let until = cells.needed_time("previous_until", self.previous_until)?;
                Some(PreviousSecret { sealed: sealed.clone(), until })
            }
            None => None,
        };
        Ok(EventEndpoint {
            id: cells.text("id", &self.id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            url: cells.text("url", &self.url)?,
            state: cells.word("state", &self.state, EndpointState::ALL.map(|state| (state.word(), state)))?,
            signing: SealedSigning {
                key: cells.text("key_id", &self.key_id)?,
                current: self.signing.clone(),
                previous,
            },
            failing_since: cells.some_time("failing_since", self.failing_since)?,
            revision: Revision::of(cells.number("revision", self.revision)?),
            created_at: cells.time("created_at", self.created_at)?,
        })
    }
}

impl StandingColumns {
    /// How often in a row an endpoint failed.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn failures(&self, endpoint: &str) -> Result<u32, StoreError> {
        Cells { table: "event_endpoints", id: endpoint }.number("failures", self.failures)
    }
}

/// What is still to be told: so many dispatches, the oldest of then, and how many endpoints stand in which state.
///
/// # Errors
/// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
pub fn backlog_of(waiting: i64, oldest: Option<Micros>, standing: &[(String, i64)]) -> Result<Backlog, StoreError> {
    let cells = Cells { table: "event_dispatches", id: "all of them" };
    let states = || EndpointState::ALL.map(|state| (state.word(), state));
    let standing = standing.iter().map(|(word, rows)| -> Result<_, StoreError> {
        let cells = Cells { table: "event_endpoints", id: word };
        Ok((cells.word("state", word, states())?, cells.number("state", *rows)?))
    });
    Ok(Backlog {
        waiting: cells.number("position", waiting)?,
        oldest: cells.some_time("at", oldest)?,
        endpoints: standing.collect::<Result<_, _>>()?,
    })
}

impl DispatchRow {
    /// How often the message was taken up for the endpoint.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn attempts(&self) -> Result<u32, StoreError> {
        Cells { table: "event_dispatches", id: &self.endpoint_id }.number("attempts", self.attempts)
    }
}

impl EndpointNoteRow {
    /// Rows for notes on an endpoint, behind so many that it has.
    pub fn all_of(endpoint: &EventEndpoint, behind: i64, notes: &[EndpointNote]) -> impl Iterator<Item = Self> {
        notes.iter().zip(1_i64..).map(move |(note, nth)| Self {
            merchant_id: endpoint.merchant.to_string(),
            endpoint_id: endpoint.id.to_string(),
            seq: behind.saturating_add(nth),
            at: note.at.into(),
            actor: note.actor.clone(),
            event: note.event.word().to_owned(),
            reason: note.reason.as_ref().map(ToString::to_string),
        })
    }

    /// The note of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<EndpointNote, StoreError> {
        let cells = Cells { table: "event_endpoint_notes", id: &self.endpoint_id };
        Ok(EndpointNote {
            at: cells.time("at", self.at)?,
            actor: self.actor.clone(),
            event: cells.word("event", &self.event, EndpointEvent::ALL.map(|event| (event.word(), event)))?,
            reason: cells.some_text("reason", self.reason.as_deref())?,
        })
    }
}
