//! One process owns a store.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::errors::OpenError;

/// How often the lock is asked for, and the pause between: whoever had it may have ended this moment, and a process that it
/// was just starting holds what it inherits for as long as the start takes.
const TRIES_MAX: u32 = 10;
const AGAIN_AFTER: Duration = Duration::from_millis(30);

/// Holds the lock file beside the database. The kernel lets go of it when the process ends, however it
/// ends, so a crash never leaves a store locked.
#[derive(Debug)]
pub(crate) struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Takes the lock of a database, or says that somebody has it.
    pub(crate) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let open_failed = |source| OpenError::File { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(open_failed)?;
        for _ in 0..TRIES_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(AGAIN_AFTER),
                Err(TryLockError::Error(source)) => return Err(OpenError::File { path, source }),
            }
        }
        Err(OpenError::InUse { path })
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    PathBuf::from(name)
}
