//! A copy of a store while it is at work.

use std::fs::File;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::connection;
use crate::errors::OpenError;
use crate::health;

/// Copies the store in that file to a new one, as it was at one moment, while its gateway goes on working. The copy is
/// on the disk and found sound when this returns. Blocks.
///
/// # Errors
/// [`OpenError::File`] if the target exists or cannot be written, [`OpenError::Prepare`] if SQLite does not copy,
/// [`OpenError::Unsound`] if the copy does not hold.
pub fn backup(path: &Path, to: &Path) -> Result<(), OpenError> {
    let file_failed = |source| OpenError::File { path: to.into(), source };
    let mut conn = connection::existing(path)?;
    // Takes the name for us, so that nobody else's file is written over.
    File::create_new(to).map_err(file_failed)?;
    let absolute = std::path::absolute(to).map_err(file_failed)?;
    let name = absolute.to_string_lossy().into_owned();
    let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(&mut conn);
    copied.map_err(|source| OpenError::Prepare { source })?;
    // SQLite leaves the copy to the operating system (https://sqlite.org/lang_vacuum.html).
    File::open(to).and_then(|copy| copy.sync_all()).map_err(file_failed)?;
    if let Some(folder) = absolute.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_failed)?;
    }
    let findings = health::findings(&mut connection::existing(to)?).map_err(|source| OpenError::Prepare { source })?;
    match findings.into_iter().next() {
        None => Ok(()),
        Some(finding) => Err(OpenError::Unsound { path: to.into(), finding }),
    }
}
