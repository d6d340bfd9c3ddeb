//! Where the memory of a process goes that crashes: nowhere, since the secrets are in it.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use thiserror::Error;

/// Memory dumps cannot be switched off.
#[derive(Debug, Error)]
#[error("memory dumps could not be switched off")]
pub(super) struct DumpsStayOn(#[from] io::Error);

/// A crash writes no file.
pub(super) fn leave_no_dump() -> Result<(), DumpsStayOn> {
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(io::Error::from)?)
}

/// Nor is there anything to hand to a program, for which that limit does not hold (a pipe in `core_pattern`), or to
/// whoever would look into the process as its user. Developers do, so that it is for production.
pub(super) fn be_closed_to_others() -> Result<(), DumpsStayOn> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(io::Error::from)?;
    Ok(())
}
