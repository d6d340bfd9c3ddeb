//! The heads of all audit chains, and the anchors that hold them together.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, SealedAnchor};
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::ports::{Anchored, AuditAnchors, StoreError};
use mstore_pay_tables::rows::{
    AnchorRow, AnchoredHeadRow, AnchoredMerchantRow, CHAINS_LOOKED_THROUGH_MAX, HeadRow, LAST_PAYMENT_ID,
    MerchantHeadRow, integer,
};
use mstore_pay_tables::schema::{anchored_heads, anchored_merchants, audit_anchors, merchant_heads, payments};

use crate::errors::Fault;
use crate::store::SqliteStore;

type Heads = Vec<(PaymentId, AuditHead)>;

#[async_trait]
impl AuditAnchors for SqliteStore {
    async fn heads(&self, after: Option<PaymentId>, limit: u32) -> Result<Heads, StoreError> {
        self.read(move |conn| {
            let rows = payments::table
                .filter(payments::id.gt(text(after)))
                .order(payments::id)
                .limit(limit.into())
                .select(HeadRow::as_select())
                .load(conn)?;
            read_heads(&rows)
        })
        .await
    }

    async fn head(&self, payment: &PaymentId) -> Result<Option<AuditHead>, StoreError> {
        let id = payment.to_string();
        self.read(move |conn| {
            let row = payments::table.find(id).select(HeadRow::as_select()).first(conn).optional()?;
            Ok(row.map(|row| row.read()).transpose()?.map(|(_, head)| head))
        })
        .await
    }

    async fn unanchored(&self, after: Option<PaymentId>, limit: u32) -> Result<Heads, StoreError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), text(after));
        loop {
            let room = most.saturating_sub(found.len());
            let (heads, end) = self.read(move |conn| unanchored(conn, &after, room)).await?;
            found.extend(heads);
            let Some(end) = end.filter(|_| found.len() < most) else { return Ok(found) };
            after = end;
        }
    }

    async fn merchant_heads(
        &self,
        after: &Option<MerchantId>,
        limit: u32,
    ) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        let after = after.as_ref().map(ToString::to_string).unwrap_or_default();
        self.read(move |conn| {
            let rows = merchant_heads::table
                .filter(merchant_heads::merchant_id.gt(after))
                .order(merchant_heads::merchant_id)
                .limit(limit.into())
                .select(MerchantHeadRow::as_select())
                .load(conn)?;
            read_merchants(&rows)
        })
        .await
    }

    async fn merchant_head(&self, merchant: &MerchantId) -> Result<Option<AuditHead>, StoreError> {
        let merchant = merchant.clone();
        self.read(move |conn| merchant_head(conn, &merchant)).await
    }

    async fn unanchored_merchants(&self, limit: u32) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        self.read(move |conn| {
            let anchored = anchored_merchants::table
                .filter(anchored_merchants::merchant_id.eq(merchant_heads::merchant_id))
                .filter(anchored_merchants::audit_seq.ge(merchant_heads::audit_seq));
            let rows = merchant_heads::table
                .filter(merchant_heads::audit_seq.gt(0))
                .filter(not(exists(anchored)))
                .order(merchant_heads::merchant_id)
                .limit(limit.into())
                .select(MerchantHeadRow::as_select())
                .load(conn)?;
            read_merchants(&rows)
        })
        .await
    }

    async fn anchors(&self, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, StoreError> {
        self.read(move |conn| {
            let rows: Vec<AnchorRow> = audit_anchors::table
                .filter(audit_anchors::seq.gt(integer(after)))
                .order(audit_anchors::seq)
                .limit(limit.into())
                .select(AnchorRow::as_select())
                .load(conn)?;
            rows.iter().map(|row| with_heads(conn, row)).collect()
        })
        .await
    }

    async fn last_anchor(&self) -> Result<Option<SealedAnchor>, StoreError> {
        self.read(|conn| last(conn)?.map(|row| with_heads(conn, &row)).transpose()).await
    }

    async fn append_anchor(&self, anchor: &AuditAnchor) -> Result<Anchored, StoreError> {
        let anchor = anchor.clone();
        Ok(self.write(move |conn| append(conn, &anchor)).await?)
    }
}

/// The heads that moved among the next payments, and the last of these if there may be more behind it.
fn unanchored(conn: &mut SqliteConnection, after: &str, limit: usize) -> Result<(Heads, Option<String>), Fault> {
    let next = payments::table.filter(payments::id.gt(after)).order(payments::id).select(payments::id);
    let end: Option<String> = next.offset(CHAINS_LOOKED_THROUGH_MAX - 1).first(conn).optional()?;
    let anchored = anchored_heads::table
        .filter(anchored_heads::payment_id.eq(payments::id))
        .filter(anchored_heads::audit_seq.ge(payments::audit_seq));
    let rows = payments::table
        .filter(payments::id.gt(after))
        .filter(payments::id.le(end.as_deref().unwrap_or(LAST_PAYMENT_ID)))
        .filter(payments::audit_seq.gt(0))
        .filter(not(exists(anchored)))
        .order(payments::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(HeadRow::as_select())
        .load(conn)?;
    Ok((read_heads(&rows)?, end))
}

fn append(conn: &mut SqliteConnection, anchor: &AuditAnchor) -> Result<Anchored, Fault> {
    let stored = last(conn)?.map(|row| row.head()).transpose()?.unwrap_or_default();
    if !anchor.follows(stored) {
        return Ok(Anchored::Overtaken);
    }
    diesel::insert_into(audit_anchors::table).values(&AnchorRow::of(anchor)).execute(conn)?;
    for row in AnchoredHeadRow::all_of(anchor) {
        diesel::insert_into(anchored_heads::table).values(&row).execute(conn)?;
    }
    for row in AnchoredMerchantRow::all_of(anchor) {
        diesel::insert_into(anchored_merchants::table).values(&row).execute(conn)?;
    }
    Ok(Anchored::Appended)
}

fn last(conn: &mut SqliteConnection) -> Result<Option<AnchorRow>, Fault> {
    let last = audit_anchors::table.order(audit_anchors::seq.desc()).select(AnchorRow::as_select());
    Ok(last.first(conn).optional()?)
}

fn with_heads(conn: &mut SqliteConnection, row: &AnchorRow) -> Result<SealedAnchor, Fault> {
    let heads: Vec<AnchoredHeadRow> = anchored_heads::table
        .filter(anchored_heads::anchor_seq.eq(row.seq))
        .order(anchored_heads::payment_id)
        .select(AnchoredHeadRow::as_select())
        .load(conn)?;
    let merchants: Vec<AnchoredMerchantRow> = anchored_merchants::table
        .filter(anchored_merchants::anchor_seq.eq(row.seq))
        .order(anchored_merchants::merchant_id)
        .select(AnchoredMerchantRow::as_select())
        .load(conn)?;
    Ok(row.read(&heads, &merchants)?)
}

/// How far a merchant's chain goes, if it has one.
pub(crate) fn merchant_head(conn: &mut SqliteConnection, merchant: &MerchantId) -> Result<Option<AuditHead>, Fault> {
    let found = merchant_heads::table.find(merchant.as_str()).select(MerchantHeadRow::as_select());
    let row = found.first(conn).optional()?;
    Ok(row.map(|row| row.read()).transpose()?.map(|(_, head)| head))
}

fn read_merchants(rows: &[MerchantHeadRow]) -> Result<Vec<(MerchantId, AuditHead)>, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

fn read_heads(rows: &[HeadRow]) -> Result<Heads, Fault> {
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// Behind which id; no id is as short as none.
fn text(after: Option<PaymentId>) -> String {
    after.map(|payment| payment.to_string()).unwrap_or_default()
}
