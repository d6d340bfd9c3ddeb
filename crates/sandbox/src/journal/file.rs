use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::SandboxError;
use crate::ledger::{Books, Entry};

/// Holds a lock file beside the state file for as long as the process lives.
pub(super) fn lock(path: &Path) -> Result<File, SandboxError> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|source| trouble(path, source))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(|source| trouble(path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::StateInUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(trouble(path, source)),
    }
}

/// Adds up all whole lines. A last line without its line feed was never acknowledged and is ignored.
pub(super) fn replay(path: &Path) -> Result<Books, SandboxError> {
    let mut books = Books::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(books),
        Err(source) => return Err(trouble(path, source)),
    };
    let mut reader = BufReader::new(file);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        reader.read_until(b'\n', &mut text).map_err(|source| trouble(path, source))?;
        let Some(whole) = text.strip_suffix(b"\n") else {
            break;
        };
        let entry: Entry = serde_json::from_slice(whole).map_err(|source| SandboxError::StateCorrupt {
            path: path.to_owned(),
            line,
            source,
        })?;
        books.apply(&entry);
    }
    Ok(books)
}

/// Replaces the file, in one step, by the shortest one that says the same; leaves it open for appending.
pub(super) fn compact(path: &Path, books: &Books) -> Result<File, SandboxError> {
    rewrite(path, books).map_err(|source| trouble(path, source))
}

fn rewrite(path: &Path, books: &Books) -> io::Result<File> {
    let draft = beside(path, ".new");
    let mut writer = BufWriter::new(File::create(&draft)?);
    for entry in books.snapshot() {
        serde_json::to_writer(&mut writer, &entry)?;
        writer.write_all(b"\n")?;
    }
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    // The rename itself is only durable once the folder is.
    File::open(folder)?.sync_all()?;
    OpenOptions::new().append(true).open(path)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn trouble(path: &Path, source: io::Error) -> SandboxError {
    SandboxError::State { path: path.to_owned(), source }
}
