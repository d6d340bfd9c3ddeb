//! `migrate`

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::store::open_store;

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    let config = config_of(settings)?;
    let store = open_store(&config.database).await?;
    store.ready().await?;
    say(&format!("{} is up to date", config.database))
}
