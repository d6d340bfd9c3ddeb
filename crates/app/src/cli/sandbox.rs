//! `sandbox`

use std::fs;

use mstore_pay_sandbox::{SandboxArgs, SandboxConfig};
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, say};
use crate::config::LogFormat;
use crate::telemetry;

pub(super) async fn run(args: SandboxArgs) -> Result<(), CliError> {
    telemetry::log_to_stderr(LogFormat::Pretty, "info");
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let config = SandboxConfig::from(args);
    if let Some(folder) = config.state.as_ref().and_then(|state| state.parent()) {
        fs::create_dir_all(folder)?;
    }
    let running = mstore_pay_sandbox::start(config).await?;
    say(&running.announcement())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}
