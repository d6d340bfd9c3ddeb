//! `migrate`

use super::{CliError, config_of, say};
use crate::app::open_store;
use crate::config::Settings;

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    let config = config_of(settings)?;
    let store = open_store(config.database.clone()).await?;
    store.ready().await?;
    say(&format!("{} is up to date", config.database.display()))
}
