//! `audit verify`

use clap::{Args, Subcommand};
use mstore_pay_domain::audit::verify_chain;
use mstore_pay_domain::ids::PaymentId;

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::store::{Store, open_store};

/// Chains that are read at once.
const CHAINS_AT_ONCE: u32 = 500;

/// What `audit` is told.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check the chain of every payment, to its last link. A store of SQLite must not be open elsewhere.
    Verify(Box<Settings>),
}

/// Chains that do not hold.
#[derive(Debug, thiserror::Error)]
#[error("{broken} of {chains} audit chains are broken")]
struct Broken {
    broken: u64,
    chains: u64,
}

pub(super) async fn run(args: AuditArgs) -> Result<(), CliError> {
    let AuditCommand::Verify(settings) = args.command;
    let config = config_of(*settings)?;
    let store = open_store(&config.database).await?;
    say(&format!("{}: every one holds", verify(&*store).await?))
}

/// What `audit verify` went through.
pub(super) struct Verified {
    chains: u64,
    links: u64,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} chains of {} records in all", self.chains, self.links)
    }
}

/// Checks every chain, and prints those that do not hold.
pub(super) async fn verify(store: &dyn Store) -> Result<Verified, CliError> {
    let (mut chains, mut links, mut broken) = (0_u64, 0_u64, 0_u64);
    let mut after: Option<PaymentId> = None;
    loop {
        let heads = store.audit_heads(after, CHAINS_AT_ONCE).await?;
        let Some((last, _)) = heads.last() else { break };
        after = Some(*last);
        for (payment, head) in heads {
            let records = store.records(&payment).await?;
            chains = chains.saturating_add(1);
            links = links.saturating_add(head.seq);
            if let Err(error) = verify_chain(&records, head) {
                broken = broken.saturating_add(1);
                say(&format!("{payment}: {error}"))?;
            }
        }
    }
    if broken > 0 {
        return Err(Broken { broken, chains }.into());
    }
    Ok(Verified { chains, links })
}
