//! How much waits, and what came of late.

use async_trait::async_trait;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::{Census, CensusCounts, PENDING_AGES, StoreError, TIDINGS_CHARGES_MAX, Tidings};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{Cells, EXCEPTION_IS_OPEN, PAYMENT_IS_PENDING};
use mstore_pay_tables::schema::{charges, exceptions, outbox, payments, receipts, webhook_inbox as inbox};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::store::PostgresStore;

#[async_trait]
impl Census for PostgresStore {
    async fn census(&self, now: Timestamp) -> Result<CensusCounts, StoreError> {
        Ok(session!(self.plain, |conn| census(conn, now))?)
    }

    async fn tidings(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Tidings, StoreError> {
        Ok(session!(self.plain, |conn| tidings(conn, provider, account, since, until))?)
    }
}

async fn census(conn: &mut AsyncPgConnection, now: Timestamp) -> Result<CensusCounts, Fault> {
    let mut counts = CensusCounts::default();
    for (count, age) in counts.pending.iter_mut().zip(PENDING_AGES) {
        let old = payments::table
            .filter(sql::<Bool>(PAYMENT_IS_PENDING))
            .filter(payments::created_at.le(Micros::from(now.minus(age))));
        *count = number(old.select(count_star()).kept().get_result(conn).await?);
    }
    let waiting = outbox::table.filter(outbox::sent_at.is_null());
    counts.messages = number(waiting.select(count_star()).get_result(conn).await?);
    let oldest: Option<Micros> = waiting.order(outbox::position).select(outbox::at).first(conn).await.optional()?;
    let cells = Cells { table: "outbox", id: "the oldest" };
    counts.oldest_message = oldest.map(|at| cells.time("at", at)).transpose()?;
    let open: Vec<(String, i64)> = exceptions::table
        .filter(sql::<Bool>(EXCEPTION_IS_OPEN))
        .group_by(exceptions::kind)
        .select((exceptions::kind, count_star()))
        .kept()
        .load(conn)
        .await?;
    counts.exceptions = open.into_iter().map(|(kind, count)| (kind, number(count))).collect();
    Ok(counts)
}

async fn tidings(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Tidings, Fault> {
    let its_own =
        inbox::table.filter(inbox::provider.eq(provider.as_str())).filter(inbox::account_id.eq(account.as_str()));
    let last: Option<(String, Micros)> =
        its_own.order(inbox::position.desc()).select((inbox::id, inbox::received_at)).first(conn).await.optional()?;
    let read = |(id, at): (String, Micros)| Cells { table: "webhook_inbox", id: &id }.time("received_at", at);
    let last_webhook = last.map(read).transpose()?;
    let newest: Vec<(String, String, String, Option<String>)> = charges::table
        .order(charges::id.desc())
        .limit(TIDINGS_CHARGES_MAX.into())
        .select((charges::payment_id, charges::provider, charges::account_id, charges::qr_string))
        .load(conn)
        .await?;
    let mut of_account = newest.iter().filter(|(_, of, by, _)| of == provider.as_str() && by == account.as_str());
    let payments: Vec<&String> = of_account.clone().map(|(payment, ..)| payment).collect();
    let last_qr = of_account.find_map(|(.., qr_string)| qr_string.clone());
    let paid = receipts::table
        .filter(receipts::payment_id.eq_any(payments))
        .filter(receipts::provider.eq(provider.as_str()))
        .filter(receipts::account_id.eq(account.as_str()))
        .filter(receipts::paid_at.gt(Micros::from(since.max(last_webhook.unwrap_or(since)))))
        .filter(receipts::paid_at.lt(Micros::from(until)));
    let paid: Vec<String> = paid.select(receipts::payment_id).distinct().load(conn).await?;
    let paid_unheard = u64::try_from(paid.len()).unwrap_or(u64::MAX);
    Ok(Tidings { last_webhook, paid_unheard, last_qr })
}

/// As many rows, as the server counts them.
pub(crate) fn number(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}
