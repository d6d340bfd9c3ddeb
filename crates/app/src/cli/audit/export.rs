//! `audit export`

use std::io::{BufWriter, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use mstore_pay_domain::audit::{AuditRecord, MerchantRecord};
use mstore_pay_domain::audit_export::{AuditExport, ExportScope, ExportedRecord};
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use serde::Serialize;

use super::config_of;
use crate::cli::CliError;
use crate::cli::since::Since;
use crate::config::Settings;
use crate::store::open_store_to_read;

/// What `audit export` is told.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    settings: Settings,
    /// Of that merchant and its payments; without this and `--payment`: everybody's.
    #[arg(long, conflicts_with = "payment")]
    merchant: Option<MerchantId>,
    /// Of that payment.
    #[arg(long)]
    payment: Option<PaymentId>,
    /// Only records made then or later, `2026-01-31T08:00:00+07:00`. What comes first of a chain then names a record
    /// that is left out.
    #[arg(long)]
    since: Option<Since>,
}

/// A record as a line has it; `docs/audit.md` says how it is verified.
#[derive(Serialize)]
struct Line<'a> {
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

impl<'a> Line<'a> {
    fn of(record: ExportedRecord<'a>) -> Self {
        match record {
            ExportedRecord::Payment(record) => Self::of_payment(record),
            ExportedRecord::Merchant(record) => Self::of_merchant(record),
        }
    }

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

pub(super) async fn run(args: ExportArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store_to_read(&config.database).await?;
    let export = AuditExport::new(store.clone(), store.clone(), store);
    let scope = match (args.payment, args.merchant) {
        (Some(payment), _) => ExportScope::Payment(payment),
        (None, Some(merchant)) => ExportScope::Merchant(merchant),
        (None, None) => ExportScope::Everything,
    };
    let (mut out, mut written) = (BufWriter::new(std::io::stdout()), Ok(()));
    let mut give = |record: ExportedRecord<'_>| {
        written = write(&mut out, record);
        written.is_ok()
    };
    export.run(&scope, args.since.map(|since| since.0), &mut give).await?;
    written?;
    out.flush()?;
    Ok(())
}

fn write(out: &mut impl Write, record: ExportedRecord<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, &Line::of(record))?;
    out.write_all(b"\n")
}
