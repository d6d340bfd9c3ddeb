//! Where the memory of a process goes that crashes: nowhere, since the secrets are in it.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use thiserror::Error;

use crate::config::Config;

/// Memory dumps cannot be switched off.
#[derive(Debug, Error)]
#[error("memory dumps could not be switched off")]
pub(super) struct DumpsStayOn(#[from] io::Error);

/// A crash writes no file.
pub(super) fn leave_no_dump() -> Result<(), DumpsStayOn> {
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(io::Error::from)?)
}

/// Closes the process to others where the secrets are real.
pub(super) fn close_in_production(config: &Config) -> Result<(), DumpsStayOn> {
    if config.env.is_production() { be_closed_to_others() } else { Ok(()) }
}

/// Nor is there anything to hand to a program, for which that limit does not hold (a pipe in `core_pattern`), or to
/// whoever would look into the process as its user. Developers do, so that it is for production. Linux alone has it.
fn be_closed_to_others() -> Result<(), DumpsStayOn> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(io::Error::from)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior, getrlimit, set_dumpable_behavior};

    use super::*;

    #[test]
    fn a_process_that_is_closed_has_nothing_to_dump() {
        leave_no_dump().unwrap();
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
        be_closed_to_others().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        set_dumpable_behavior(DumpableBehavior::Dumpable).unwrap();
    }
}
