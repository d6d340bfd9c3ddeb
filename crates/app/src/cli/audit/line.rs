//! Records as `audit export` writes them, a line each; `scripts/verify-audit` verifies them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mstore_pay_domain::audit::{AuditHead, AuditRecord, MerchantRecord, SealedAnchor};
use mstore_pay_domain::audit_export::ExportedRecord;
use serde::Serialize;

/// A record, or an anchor.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Line<'a> {
    Record(RecordLine<'a>),
    Anchor(AnchorLine<'a>),
}

/// A link of a chain.
#[derive(Serialize)]
pub(super) struct RecordLine<'a> {
    #[serde(flatten)]
    of: Owner<'a>,
    seq: u64,
    at: String,
    actor: &'a str,
    event: &'a str,
    fields: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    bodies: Option<Vec<BodyReference<'a>>>,
    previous: String,
    digest: String,
    record: String,
}

/// Whose chain it is on.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Owner<'a> {
    Payment { payment_id: String },
    Merchant { merchant_id: &'a str },
}

#[derive(Serialize)]
struct BodyReference<'a> {
    role: &'a str,
    digest: String,
}

/// Heads that were put on record together.
#[derive(Serialize)]
pub(super) struct AnchorLine<'a> {
    kind: &'static str,
    seq: u64,
    at: String,
    payments: Vec<HeadLine<'a>>,
    merchants: Vec<HeadLine<'a>>,
    previous: String,
    digest: String,
    record: String,
}

/// How far a chain had come.
#[derive(Serialize)]
struct HeadLine<'a> {
    #[serde(flatten)]
    of: Anchored<'a>,
    seq: u64,
    digest: String,
}

/// Whose chain had.
#[derive(Serialize)]
#[serde(untagged)]
enum Anchored<'a> {
    Payment { payment_id: String },
    Merchant { merchant_id: &'a str },
}

impl<'a> Line<'a> {
    pub(super) fn of(record: ExportedRecord<'a>) -> Self {
        match record {
            ExportedRecord::Payment(record) => Self::Record(RecordLine::of_payment(record)),
            ExportedRecord::Merchant(record) => Self::Record(RecordLine::of_merchant(record)),
            ExportedRecord::Anchor(anchor) => Self::Anchor(AnchorLine::of(anchor)),
        }
    }
}

impl<'a> AnchorLine<'a> {
    fn of(sealed: &'a SealedAnchor) -> Self {
        let anchor = &sealed.anchor;
        let line = |of, head: &AuditHead| HeadLine { of, seq: head.seq, digest: head.digest.to_string() };
        let payments = anchor.heads.iter();
        let merchants = anchor.merchants.iter();
        Self {
            kind: "anchor",
            seq: anchor.seq,
            at: anchor.at.to_string(),
            payments: payments
                .map(|(payment, head)| line(Anchored::Payment { payment_id: payment.to_string() }, head))
                .collect(),
            merchants: merchants
                .map(|(merchant, head)| line(Anchored::Merchant { merchant_id: merchant.as_str() }, head))
                .collect(),
            previous: anchor.previous.to_string(),
            digest: sealed.digest.to_string(),
            record: BASE64_STANDARD.encode(anchor.canonical_bytes()),
        }
    }
}

impl<'a> RecordLine<'a> {
    fn of_payment(record: &'a AuditRecord) -> Self {
        let bodies = record.bodies.iter();
        Self {
            of: Owner::Payment { payment_id: record.payment.to_string() },
            seq: record.seq,
            at: record.at.to_string(),
            actor: &record.actor,
            event: &record.event,
            fields: &record.fields,
            bodies: Some(bodies.map(|(role, digest)| BodyReference { role, digest: digest.to_string() }).collect()),
            previous: record.previous.to_string(),
            digest: record.digest().to_string(),
            record: BASE64_STANDARD.encode(record.canonical_bytes()),
        }
    }

    fn of_merchant(record: &'a MerchantRecord) -> Self {
        Self {
            of: Owner::Merchant { merchant_id: record.merchant.as_str() },
            seq: record.seq,
            at: record.at.to_string(),
            actor: &record.actor,
            event: &record.event,
            fields: &record.fields,
            bodies: None,
            previous: record.previous.to_string(),
            digest: record.digest().to_string(),
            record: BASE64_STANDARD.encode(record.canonical_bytes()),
        }
    }
}
