//! `audit verify`, `audit export`

mod export;
mod line;

use std::str::FromStr;

use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use mstore_pay_domain::audit::{AuditHead, Digest};
use mstore_pay_domain::audit_trail::{AuditFault, AuditTally, AuditTrail};
use mstore_pay_domain::ports::Clock;

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::observed::causes;
use crate::store::open_store_to_read;
use crate::system::SystemClock;

/// What `audit` is told.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check every payment's chain to its last link, every anchor, and every body that is to be kept for
    /// `AUDIT_RETENTION_DAYS`. Gateways may go on working.
    Verify(Box<VerifyArgs>),
    /// Write the records, and the anchors that hold them together, as JSON Lines to the standard output, with the bytes that are hashed. Gateways may go on
    /// working.
    Export(Box<export::ExportArgs>),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    settings: Settings,
    /// An anchor as it was logged or told by an earlier `verify`: `SEQ:DIGEST`. Anchors that were replaced
    /// or cut off since are found.
    #[arg(long)]
    anchor: Option<NotedAnchor>,
}

/// How far the anchors went when somebody noted it.
#[derive(Debug, Clone, Copy)]
struct NotedAnchor(AuditHead);

/// A text that names no anchor.
#[derive(Debug, thiserror::Error)]
#[error("not SEQ:DIGEST")]
struct NoAnchor;

impl FromStr for NotedAnchor {
    type Err = NoAnchor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, digest) = text.split_once(':').ok_or(NoAnchor)?;
        let seq = seq.parse().map_err(|_not_a_number| NoAnchor)?;
        let digest = HEXLOWER.decode(digest.as_bytes()).map_err(|_not_hex| NoAnchor)?;
        let digest = Digest::try_from(digest.as_slice()).map_err(|_not_a_digest| NoAnchor)?;
        Ok(Self(AuditHead { seq, digest }))
    }
}

/// An audit trail that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail does not hold: {faults} faults in {chains} chains and their anchors")]
struct Broken {
    faults: u64,
    chains: u64,
}

pub(super) async fn run(args: AuditArgs) -> Result<(), CliError> {
    match args.command {
        AuditCommand::Verify(args) => run_verify(*args).await,
        AuditCommand::Export(args) => export::run(*args).await,
    }
}

async fn run_verify(args: VerifyArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store_to_read(&config.database).await?;
    let mut trail = AuditTrail::new(store.clone(), store);
    // Where payments age faster, as in tests, nobody here knows what is old.
    if config.time_scale() == 1 {
        trail = trail.with_bodies_since(config.retention.bodies_since(SystemClock::REAL.now()));
    }
    let tally = verify(&trail, args.anchor.map(|noted| noted.0)).await?;
    say(&format!("{} chains of {} records in all: every one holds", tally.chains, tally.records))?;
    say(&format!("{} bodies are as they were; {} were pruned in their time", tally.bodies, tally.pruned))?;
    let AuditHead { seq, digest } = tally.anchors;
    say(&format!("{seq} anchors hold them together; note the last one elsewhere: {seq}:{digest}"))
}

/// Checks every chain and every anchor, and prints what does not hold.
pub(super) async fn verify(trail: &AuditTrail, noted: Option<AuditHead>) -> Result<AuditTally, CliError> {
    let mut told = Ok(());
    let mut tell = |fault: &AuditFault| {
        if told.is_ok() {
            told = say(&sentence(fault));
        }
    };
    let tally = trail.verify(noted, &mut tell).await?;
    told?;
    if tally.faults > 0 {
        return Err(Broken { faults: tally.faults, chains: tally.chains }.into());
    }
    Ok(tally)
}

fn sentence(fault: &AuditFault) -> String {
    let because = causes(fault);
    if because.is_empty() { fault.to_string() } else { format!("{fault}: {because}") }
}
