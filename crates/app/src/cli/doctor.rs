//! `doctor`

mod clocks;
mod midtrans;
mod outside;
mod xendit;

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::accounts::AccountDesk;
use mstore_pay_domain::ports::StoreError;

use super::{CliError, config_of, say};
use crate::config::{Config, Settings};
use crate::observed::causes;
use crate::store::{OpenStoreError, Store, open_store, open_store_to_read};
use crate::system::SystemClock;
use crate::vault::AesVault;

/// For the provider to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Things that are not in order.
#[derive(Debug, thiserror::Error)]
#[error("{count} of the checks failed")]
struct Unwell {
    count: usize,
}

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    // Refuses with everything that is wrong.
    let config = config_of(settings)?;
    say(&format!("configuration: in order ({})", config.env.word()))?;
    let mut checks = vec![check_store(&config).await];
    checks.extend(check_secrets(&config).await);
    checks.extend(xendit::check(&config).await);
    checks.extend(midtrans::check(&config).await);
    checks.extend(clocks::of_providers(&config).await);
    checks.push(outside::check(&config).await);
    let mut unwell = 0_usize;
    for (what, outcome) in checks {
        match outcome {
            Ok(fine) => say(&format!("{what}: {fine}"))?,
            Err(wrong) => {
                unwell = unwell.saturating_add(1);
                say(&format!("{what}: {wrong}"))?;
            }
        }
    }
    if unwell > 0 { Err(Unwell { count: unwell }.into()) } else { Ok(()) }
}

type Check = (&'static str, Result<String, String>);

async fn check_store(config: &Config) -> Check {
    let store = match open_store(&config.database).await {
        Ok(store) => store,
        Err(OpenStoreError::InUse { .. }) => {
            return ("store", Ok("open in another process".to_owned()));
        }
        Err(error) => return ("store", Err(format!("{error}: {}", causes(&error)))),
    };
    let outcome = match store.integrity_check().await {
        Ok(findings) if findings.is_empty() => Ok(format!("{} is sound", config.database)),
        Ok(findings) => Err(findings.join("; ")),
        Err(error) => Err(format!("{error}: {}", causes(&error))),
    };
    ("store", outcome)
}

/// Whether the secrets of every merchant's account and endpoint open, and the database's clock is ours.
async fn check_secrets(config: &Config) -> Vec<Check> {
    let store = match open_store_to_read(&config.database).await {
        Ok(store) => store,
        Err(error) => return vec![("accounts", Err(format!("{error}: {}", causes(&error))))],
    };
    let accounts = check_accounts(config, Arc::clone(&store)).await;
    std::iter::once(accounts).chain(clocks::of_database(&store).await).collect()
}

async fn check_accounts(config: &Config, store: Arc<dyn Store>) -> Check {
    let endpoints = super::endpoint::desk_over(config, Arc::clone(&store));
    let vault = AesVault::new(config.account_keys.clone());
    let accounts = AccountDesk::new(store, Arc::new(vault), Arc::new(SystemClock::REAL));
    let unopened = async {
        let of_accounts = accounts.unopened().await?.into_iter();
        let of_accounts = of_accounts.map(|of| format!("{}/{}: {}", of.provider, of.id, of.why));
        let of_endpoints = endpoints.unopened().await?.into_iter().map(|of| format!("{}: {}", of.id, of.why));
        Ok::<Vec<String>, StoreError>(of_accounts.chain(of_endpoints).collect())
    };
    let outcome = match unopened.await {
        Ok(unopened) if unopened.is_empty() => Ok("the secrets of every account and endpoint open".to_owned()),
        Ok(unopened) => Err(unopened.join("; ")),
        Err(error) => Err(format!("{error}: {}", causes(&error))),
    };
    ("accounts", outcome)
}
