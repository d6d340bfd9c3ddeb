//! The heads of all audit chains, and the anchors that hold them together.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, SealedAnchor};
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::ports::{Anchored, AuditAnchors, StoreError};
use mstore_pay_tables::rows::{
    AnchorRow, AnchoredHeadRow, AnchoredMerchantRow, CHAINS_LOOKED_THROUGH_MAX, HeadRow, LAST_PAYMENT_ID,
    MerchantHeadRow, integer,
};
use mstore_pay_tables::schema::{anchored_heads, anchored_merchants, audit_anchors, merchant_heads, payments};

use crate::errors::Fault;
use crate::store::PostgresStore;

type Heads = Vec<(PaymentId, AuditHead)>;
type MerchantHeads = Vec<(MerchantId, AuditHead)>;

#[async_trait]
impl AuditAnchors for PostgresStore {
    async fn heads(&self, after: Option<PaymentId>, limit: u32) -> Result<Heads, StoreError> {
        Ok(session!(self.plain, |conn| heads(conn, after, limit))?)
    }

    async fn head(&self, payment: &PaymentId) -> Result<Option<AuditHead>, StoreError> {
        Ok(session!(self.plain, |conn| head(conn, payment))?)
    }

    async fn unanchored(&self, after: Option<PaymentId>, limit: u32) -> Result<Heads, StoreError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), text(after));
        loop {
            let room = most.saturating_sub(found.len());
            let (heads, end) = session!(self.plain, |conn| unanchored(conn, &after, room))?;
            found.extend(heads);
            let Some(end) = end.filter(|_| found.len() < most) else { return Ok(found) };
            after = end;
        }
    }

    async fn merchant_heads(&self, after: &Option<MerchantId>, limit: u32) -> Result<MerchantHeads, StoreError> {
        Ok(session!(self.plain, |conn| heads_of_merchants(conn, after.as_ref(), limit))?)
    }

    async fn merchant_head(&self, merchant: &MerchantId) -> Result<Option<AuditHead>, StoreError> {
        Ok(session!(self.plain, |conn| merchant_head(conn, merchant))?)
    }

    async fn unanchored_merchants(&self, limit: u32) -> Result<MerchantHeads, StoreError> {
        Ok(session!(self.plain, |conn| unanchored_merchants(conn, limit))?)
    }

    async fn anchors(&self, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, StoreError> {
        Ok(session!(self.snapshot, |conn| anchors(conn, after, limit))?)
    }

    async fn last_anchor(&self) -> Result<Option<SealedAnchor>, StoreError> {
        Ok(session!(self.snapshot, |conn| last_anchor(conn))?)
    }

    async fn append_anchor(&self, anchor: &AuditAnchor) -> Result<Anchored, StoreError> {
        Ok(session!(self.transaction, |conn| append(conn, anchor))?)
    }
}

async fn heads(conn: &mut AsyncPgConnection, after: Option<PaymentId>, limit: u32) -> Result<Heads, Fault> {
    let rows = payments::table
        .filter(payments::id.gt(text(after)))
        .order(payments::id)
        .limit(limit.into())
        .select(HeadRow::as_select())
        .load(conn)
        .await?;
    read_heads(&rows)
}

async fn head(conn: &mut AsyncPgConnection, payment: &PaymentId) -> Result<Option<AuditHead>, Fault> {
    let row = payments::table.find(payment.to_string()).select(HeadRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?.map(|(_, head)| head))
}

/// The heads that moved among the next payments, and the last of these if there may be more behind it.
async fn unanchored(conn: &mut AsyncPgConnection, after: &str, limit: usize) -> Result<(Heads, Option<String>), Fault> {
    let next = payments::table.filter(payments::id.gt(after)).order(payments::id).select(payments::id);
    let end: Option<String> = next.offset(CHAINS_LOOKED_THROUGH_MAX - 1).first(conn).await.optional()?;
    let to = end.as_deref().unwrap_or(LAST_PAYMENT_ID);
    // Anchors within the same bounds: a plan may go along both lists from their first.
    let anchored = anchored_heads::table
        .filter(anchored_heads::payment_id.eq(payments::id))
        .filter(anchored_heads::payment_id.gt(after))
        .filter(anchored_heads::payment_id.le(to))
        .filter(anchored_heads::audit_seq.ge(payments::audit_seq));
    let rows = payments::table
        .filter(payments::id.gt(after))
        .filter(payments::id.le(to))
        .filter(payments::audit_seq.gt(0))
        .filter(not(exists(anchored)))
        .order(payments::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(HeadRow::as_select())
        .load(conn)
        .await?;
    Ok((read_heads(&rows)?, end))
}

async fn heads_of_merchants(
    conn: &mut AsyncPgConnection,
    after: Option<&MerchantId>,
    limit: u32,
) -> Result<MerchantHeads, Fault> {
    let rows = merchant_heads::table
        .filter(merchant_heads::merchant_id.gt(after.map(ToString::to_string).unwrap_or_default()))
        .order(merchant_heads::merchant_id)
        .limit(limit.into())
        .select(MerchantHeadRow::as_select())
        .load(conn)
        .await?;
    read_merchants(&rows)
}

async fn merchant_head(conn: &mut AsyncPgConnection, merchant: &MerchantId) -> Result<Option<AuditHead>, Fault> {
    let found = merchant_heads::table.find(merchant.as_str()).select(MerchantHeadRow::as_select());
    let row = found.first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?.map(|(_, head)| head))
}

async fn unanchored_merchants(conn: &mut AsyncPgConnection, limit: u32) -> Result<MerchantHeads, Fault> {
    let anchored = anchored_merchants::table
        .filter(anchored_merchants::merchant_id.eq(merchant_heads::merchant_id))
        .filter(anchored_merchants::audit_seq.ge(merchant_heads::audit_seq));
    let rows = merchant_heads::table
        .filter(merchant_heads::audit_seq.gt(0))
        .filter(not(exists(anchored)))
        .order(merchant_heads::merchant_id)
        .limit(limit.into())
        .select(MerchantHeadRow::as_select())
        .load(conn)
        .await?;
    read_merchants(&rows)
}

async fn anchors(conn: &mut AsyncPgConnection, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, Fault> {
    let rows: Vec<AnchorRow> = audit_anchors::table
        .filter(audit_anchors::seq.gt(integer(after)))
        .order(audit_anchors::seq)
        .limit(limit.into())
        .select(AnchorRow::as_select())
        .load(conn)
        .await?;
    let mut anchors = Vec::with_capacity(rows.len());
    for row in &rows {
        anchors.push(with_heads(conn, row).await?);
    }
    Ok(anchors)
}

async fn last_anchor(conn: &mut AsyncPgConnection) -> Result<Option<SealedAnchor>, Fault> {
    match last(conn).await? {
        Some(row) => Ok(Some(with_heads(conn, &row).await?)),
        None => Ok(None),
    }
}

async fn append(conn: &mut AsyncPgConnection, anchor: &AuditAnchor) -> Result<Anchored, Fault> {
    let stored = last(conn).await?.map(|row| row.head()).transpose()?.unwrap_or_default();
    if !anchor.follows(stored) {
        return Ok(Anchored::Overtaken);
    }
    // Waits for whoever is appending one of the same number.
    let row = AnchorRow::of(anchor);
    let insert = diesel::insert_into(audit_anchors::table).values(&row).on_conflict_do_nothing();
    if insert.execute(conn).await? == 0 {
        return Ok(Anchored::Overtaken);
    }
    for row in AnchoredHeadRow::all_of(anchor) {
        diesel::insert_into(anchored_heads::table).values(&row).execute(conn).await?;
    }
    for row in AnchoredMerchantRow::all_of(anchor) {
        diesel::insert_into(anchored_merchants::table).values(&row).execute(conn).await?;
    }
    Ok(Anchored::Appended)
}

async fn last(conn: &mut AsyncPgConnection) -> Result<Option<AnchorRow>, Fault> {
    let last = audit_anchors::table.order(audit_anchors::seq.desc()).select(AnchorRow::as_select());
    Ok(last.first(conn).await.optional()?)
}

async fn with_heads(conn: &mut AsyncPgConnection, row: &AnchorRow) -> Result<SealedAnchor, Fault> {
    let heads: Vec<AnchoredHeadRow> = anchored_heads::table
        .filter(anchored_heads::anchor_seq.eq(row.seq))
        .order(anchored_heads::payment_id)
        .select(AnchoredHeadRow::as_select())
        .load(conn)
        .await?;
    let merchants: Vec<AnchoredMerchantRow> = anchored_merchants::table
        .filter(anchored_merchants::anchor_seq.eq(row.seq))
        .order(anchored_merchants::merchant_id)
        .select(AnchoredMerchantRow::as_select())
        .load(conn)
        .await?;
    Ok(row.read(&heads, &merchants)?)
}

fn read_merchants(rows: &[MerchantHeadRow]) -> Result<MerchantHeads, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

fn read_heads(rows: &[HeadRow]) -> Result<Heads, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// Behind which id; no id is as short as none.
fn text(after: Option<PaymentId>) -> String {
    after.map(|payment| payment.to_string()).unwrap_or_default()
}
