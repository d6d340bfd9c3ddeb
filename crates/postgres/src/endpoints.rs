//! Endpoints of merchants.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::endpoint::{ENDPOINTS_OF_MERCHANT_MAX, EndpointNote, EndpointState, EventEndpoint};
use mstore_pay_domain::ids::{EndpointId, MerchantId};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{EndpointStore, EndpointWritten, StoreError};
use mstore_pay_tables::rows::{ENDPOINT_ENABLED, EndpointNoteRow, EndpointRow, integer};
use mstore_pay_tables::schema::{event_endpoint_notes as notes, event_endpoints as endpoints};

use crate::errors::Fault;
use crate::feed;
use crate::leases::NO_TIME;
use crate::store::PostgresStore;
use crate::write::{Locked, lock};

#[async_trait]
impl EndpointStore for PostgresStore {
    async fn write_endpoint(
        &self,
        endpoint: &EventEndpoint,
        expected: Revision,
        notes: &[EndpointNote],
    ) -> Result<EndpointWritten, StoreError> {
        Ok(session!(self.transaction, |conn| write(conn, endpoint, expected, notes))?)
    }

    async fn endpoints_of(&self, merchant: &MerchantId) -> Result<Vec<EventEndpoint>, StoreError> {
        Ok(session!(self.plain, |conn| of_merchant(conn, merchant))?)
    }

    async fn endpoint(&self, id: &EndpointId) -> Result<Option<EventEndpoint>, StoreError> {
        Ok(session!(self.plain, |conn| of_name(conn, id))?)
    }

    async fn endpoints(&self, after: Option<EndpointId>, limit: u32) -> Result<Vec<EventEndpoint>, StoreError> {
        Ok(session!(self.plain, |conn| page(conn, after, limit))?)
    }

    async fn endpoint_notes(&self, id: &EndpointId) -> Result<Vec<EndpointNote>, StoreError> {
        Ok(session!(self.plain, |conn| notes_on(conn, id))?)
    }
}

/// Whoever writes the same endpoint waits.
async fn write(
    conn: &mut AsyncPgConnection,
    endpoint: &EventEndpoint,
    expected: Revision,
    new: &[EndpointNote],
) -> Result<EndpointWritten, Fault> {
    let (merchant, id) = (endpoint.merchant.as_str(), endpoint.id.to_string());
    let row = EndpointRow::of(endpoint, expected.next());
    if endpoint.state == EndpointState::Enabled && !has_room(conn, merchant, &id).await? {
        return Ok(EndpointWritten::TooMany);
    }
    if expected == Revision::NEW {
        // What is being written behind messages that are there is told as well.
        let last = feed::last_of(conn, merchant).await?.unwrap_or_default();
        let settled_to = feed::settled_to(conn, merchant, last).await?;
        let values = (&row, endpoints::told_to.eq(settled_to));
        if diesel::insert_into(endpoints::table).values(values).on_conflict_do_nothing().execute(conn).await? == 0 {
            return Ok(EndpointWritten::Conflict);
        }
    } else {
        let stored = endpoints::table.find((merchant, &id));
        let stored = stored.filter(endpoints::revision.eq(integer(expected.number())));
        let forgiven = (endpoints::failures.eq(0), endpoints::rest_until.eq(NO_TIME));
        if diesel::update(stored).set((&row, forgiven)).execute(conn).await? == 0 {
            return Ok(EndpointWritten::Conflict);
        }
    }
    let known = notes::table.filter(notes::merchant_id.eq(merchant)).filter(notes::endpoint_id.eq(&id));
    let known: i64 = known.count().get_result(conn).await?;
    for row in EndpointNoteRow::all_of(endpoint, known, new) {
        diesel::insert_into(notes::table).values(&row).execute(conn).await?;
    }
    Ok(EndpointWritten::Written)
}

/// Whether a merchant may have that endpoint enabled: one that is stays so. Whoever enables another one waits.
async fn has_room(conn: &mut AsyncPgConnection, merchant: &str, id: &str) -> Result<bool, Fault> {
    lock(conn, Locked::Endpoints, merchant).await?;
    let own = endpoints::table.filter(endpoints::merchant_id.eq(merchant));
    let enabled = own.filter(endpoints::state.eq(ENDPOINT_ENABLED)).select(endpoints::id);
    let enabled: Vec<String> = enabled.load(conn).await?;
    Ok(enabled.len() < ENDPOINTS_OF_MERCHANT_MAX || enabled.iter().any(|known| known == id))
}

async fn of_merchant(conn: &mut AsyncPgConnection, merchant: &MerchantId) -> Result<Vec<EventEndpoint>, Fault> {
    let own = endpoints::table.filter(endpoints::merchant_id.eq(merchant.as_str()));
    let own = own.order((endpoints::created_at, endpoints::id)).select(EndpointRow::as_select());
    read_all(&own.load(conn).await?)
}

async fn of_name(conn: &mut AsyncPgConnection, id: &EndpointId) -> Result<Option<EventEndpoint>, Fault> {
    let named = endpoints::table.filter(endpoints::id.eq(id.to_string())).select(EndpointRow::as_select());
    let row = named.first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn page(
    conn: &mut AsyncPgConnection,
    after: Option<EndpointId>,
    limit: u32,
) -> Result<Vec<EventEndpoint>, Fault> {
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let page = endpoints::table.filter(endpoints::id.gt(after)).order(endpoints::id).limit(limit.into());
    read_all(&page.select(EndpointRow::as_select()).load(conn).await?)
}

async fn notes_on(conn: &mut AsyncPgConnection, id: &EndpointId) -> Result<Vec<EndpointNote>, Fault> {
    let rows = notes::table.filter(notes::endpoint_id.eq(id.to_string())).order(notes::seq);
    let rows: Vec<EndpointNoteRow> = rows.select(EndpointNoteRow::as_select()).load(conn).await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

fn read_all(rows: &[EndpointRow]) -> Result<Vec<EventEndpoint>, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}
