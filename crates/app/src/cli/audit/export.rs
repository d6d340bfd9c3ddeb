//! `audit export`

use std::io::{BufWriter, Write};

use clap::Args;
use mstore_pay_domain::audit_export::{AuditExport, ExportScope, ExportedRecord};
use mstore_pay_domain::ids::{MerchantId, PaymentId};

use super::config_of;
use super::line::Line;
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
