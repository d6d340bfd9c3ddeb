//! `doctor`

mod clocks;
mod known;
mod midtrans;
mod outside;
mod tidings;
mod xendit;

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::accounts::AccountDesk;
use mstore_pay_domain::ports::StoreError;

use super::{CliError, config_of, say};
use crate::config::{Config, Settings};
use crate::observed::causes;
use crate::store::{OpenStoreError, Store, open_store_to_read};
use crate::system::SystemClock;
use crate::vault::AesVault;

use known::Known;

/// For the provider to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Things that are not in order.
#[derive(Debug, thiserror::Error)]
#[error("{count} of the checks failed")]
struct Unwell {
    count: usize,
}

/// What was looked at, and what was found: what is in order, or what is wrong and what to do about it.
type Check = (String, Result<String, String>);

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    // Refuses with everything that is wrong.
    let config = config_of(settings)?;
    say(&format!("configuration: in order ({})", config.env.word()))?;
    // As it is: whoever looks neither brings the store up to date nor keeps a gateway from it.
    let opened = open_store_to_read(&config.database).await;
    let mut checks = vec![check_store(&config, &opened).await];
    let store = opened.ok();
    if let Some(store) = &store {
        checks.push(check_secrets(&config, store).await);
        checks.extend(clocks::of_database(store).await);
    }
    let known = Known::of(&config, store).await?;
    checks.extend(xendit::check(&config, &known).await);
    checks.extend(midtrans::check(&config, &known).await);
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

async fn check_store(config: &Config, opened: &Result<Arc<dyn Store>, OpenStoreError>) -> Check {
    let outcome = match opened {
        Ok(store) => match store.integrity_check().await {
            Ok(findings) if findings.is_empty() => Ok(format!("{} is sound", config.database)),
            Ok(findings) => Err(format!("{}; stop the gateway and go back to the last backup", findings.join("; "))),
            Err(error) => Err(because(&error)),
        },
        Err(error) => Err(format!(
            "{}; see to DATABASE_URL and to what it leads to, and have `mstore-pay migrate` make what is missing or of \
             an older version",
            because(error)
        )),
    };
    ("store".to_owned(), outcome)
}

/// Whether the secrets of every merchant's account and endpoint open.
async fn check_secrets(config: &Config, store: &Arc<dyn Store>) -> Check {
    let endpoints = super::endpoint::desk_over(config, Arc::clone(store));
    let vault = AesVault::new(config.account_keys.clone());
    let accounts = AccountDesk::new(store.clone(), Arc::new(vault), Arc::new(SystemClock::REAL));
    let unopened = async {
        let of_accounts = accounts.unopened().await?.into_iter();
        let of_accounts = of_accounts.map(|of| format!("{}/{}: {}", of.provider, of.id, of.why));
        let of_endpoints = endpoints.unopened().await?.into_iter().map(|of| format!("{}: {}", of.id, of.why));
        Ok::<Vec<String>, StoreError>(of_accounts.chain(of_endpoints).collect())
    };
    let outcome = match unopened.await {
        Ok(unopened) if unopened.is_empty() => Ok("the secrets of every account and endpoint open".to_owned()),
        Ok(unopened) => Err(format!(
            "{}; give ACCOUNT_KEY, or ACCOUNT_KEY_PREVIOUS, the key that they were sealed under",
            unopened.join("; ")
        )),
        Err(error) => Err(because(&error)),
    };
    ("accounts".to_owned(), outcome)
}

/// What went wrong, and why.
fn because(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = causes(error);
    if causes.is_empty() { error.to_string() } else { format!("{error}: {causes}") }
}
