//! PostgreSQL's own programs, and the user to run them as.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use crate::give_up;

const NEEDED: [&str; 3] = ["initdb", "postgres", "psql"];
const MISSING: &str = "PostgreSQL's programs were not found, run: apt-get install -y postgresql || brew install \
                       postgresql (or set TEST_DATABASE_URL)";

/// The user that a server runs as where the tests run as root.
#[derive(Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// A program of PostgreSQL's, run by whoever runs the tests.
#[must_use]
pub fn program(name: &str) -> Command {
    static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(newest);
    let Some(folder) = &*FOLDER else { give_up("could not start PostgreSQL", &MISSING) };
    let mut command = Command::new(folder.join(name));
    command.current_dir("/").env_remove("PGDATA").env_remove("PGOPTIONS").stdin(Stdio::null());
    command
}

/// A program of PostgreSQL's, run by the server's owner.
pub(crate) fn server_program(name: &str, owner: Option<Owner>) -> Command {
    let mut command = program(name);
    if let Some(Owner { uid, gid }) = owner {
        command.gid(gid).uid(uid);
    }
    command
}

/// Runs a command to its end and gives what it printed.
pub(crate) fn printed(command: &mut Command) -> Result<String, String> {
    let tried = command.get_program().display().to_string();
    match command.stdout(Stdio::piped()).stderr(Stdio::piped()).output() {
        Ok(Output { status, stdout, .. }) if status.success() => Ok(String::from_utf8_lossy(&stdout).into_owned()),
        Ok(Output { stderr, .. }) => Err(String::from_utf8_lossy(&stderr).into_owned()),
        Err(error) => Err(format!("{tried}: {error}")),
    }
}

/// Whom a server in that folder must run as; `None`: whoever runs the tests.
pub(crate) fn owner_for(folder: &Path) -> Option<Owner> {
    let is_root = fs::metadata(folder).is_ok_and(|made| made.uid() == 0);
    is_root.then(|| {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let owner = ["postgres", "nobody"].iter().find_map(|name| user(&users, name));
        owner.unwrap_or_else(|| give_up("could not run a server as root", &"no user `postgres` or `nobody`"))
    })
}

fn user(users: &str, name: &str) -> Option<Owner> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    Some(Owner { uid: numbers.next()?.ok()?, gid: numbers.next()?.ok()? })
}

fn newest() -> Option<PathBuf> {
    let debian = versions(Path::new("/usr/lib/postgresql"), "").into_iter().map(|folder| folder.join("bin"));
    let path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let homebrew = ["/opt/homebrew/opt", "/usr/local/opt"].map(|opt| versions(Path::new(opt), "postgresql"));
    let homebrew = homebrew.into_iter().flatten().map(|folder| folder.join("bin"));
    let mut folders = debian.chain(path).chain(homebrew);
    folders.find(|folder| NEEDED.iter().all(|name| folder.join(name).is_file()))
}

/// Folders of a name with the version at its end, newest first.
fn versions(parent: &Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(name)?.trim_start_matches('@').to_owned();
            Some((if version.is_empty() { 0 } else { version.parse().ok()? }, entry.path()))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}
