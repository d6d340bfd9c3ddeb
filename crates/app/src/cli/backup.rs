//! `backup`

use std::path::PathBuf;

use clap::Args;

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::store::backup;

/// What `backup` is told.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    settings: Settings,
    /// The file to write; it must not exist. Of SQLite it is a store, of PostgreSQL what `pg_restore` reads.
    #[arg(long)]
    to: PathBuf,
}

pub(super) async fn run(args: BackupArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    backup(&config.database, &args.to).await?;
    say(&format!("{} is copied to {}", config.database, args.to.display()))
}
