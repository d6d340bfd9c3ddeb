//! `doctor`

use std::time::Duration;

use mstore_pay_domain::ports::{Clock, ProviderErrorKind};

use super::{CliError, config_of, say};
use crate::app::{StartError, open_store};
use crate::config::{Config, Settings};
use crate::observed::causes;
use crate::system::SystemClock;
use crate::wiring::{Addresses, wire};

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
    let checks = [check_store(&config).await, check_provider(&config).await];
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
    let store = match open_store(config.database.clone()).await {
        Ok(store) => store,
        Err(StartError::Store(mstore_pay_sqlite::OpenError::InUse { .. })) => {
            return ("store", Ok("open in another process".to_owned()));
        }
        Err(error) => return ("store", Err(format!("{error}: {}", causes(&error)))),
    };
    let outcome = match store.integrity_check().await {
        Ok(findings) if findings.is_empty() => Ok(format!("{} is sound", config.database.display())),
        Ok(findings) => Err(findings.join("; ")),
        Err(error) => Err(format!("{error}: {}", causes(&error))),
    };
    ("store", outcome)
}

/// Asks for a listing of the last moments: it changes nothing, and needs a key that is good.
async fn check_provider(config: &Config) -> Check {
    const WHAT: &str = "xendit";
    let Some(base_url) = config.xendit.base_url.clone() else {
        return (WHAT, Ok("played by the sandbox that `serve` starts".to_owned()));
    };
    let asked = async {
        let scratch = std::env::temp_dir().join(format!("mstore-pay-doctor-{}.db", std::process::id()));
        let store = open_store(scratch.clone()).await.map_err(|error| error.to_string())?;
        let addresses = Addresses { public_base_url: base_url.clone(), xendit_base_url: base_url };
        let wired = wire(config, addresses, store).map_err(|error| error.to_string())?;
        let gateway = wired.gateway;
        let accounts = gateway.ports().accounts.all().await.map_err(|error| error.to_string())?;
        let since = SystemClock.now().minus(Duration::from_secs(1));
        let mut answered = Vec::new();
        for account in &accounts {
            for provider in gateway.ports().providers.iter().filter(|provider| provider.id() == account.provider) {
                match provider.sweep(account, since, ANSWER_WITHIN).await {
                    Ok(_) => answered.push(format!("{} answers", account.id)),
                    Err(error) if error.kind == ProviderErrorKind::Unsupported => {}
                    Err(error) => return Err(format!("{} {error}: {:?} {}", account.id, error.kind, causes(&error))),
                }
            }
        }
        for leftover in ["", "-wal", "-shm", ".lock"] {
            let mut path = scratch.clone().into_os_string();
            path.push(leftover);
            // What was never made cannot be removed.
            let _gone = std::fs::remove_file(path);
        }
        Ok(answered.join(", "))
    };
    (WHAT, asked.await)
}
