//! The one server of a test process.

use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::LazyLock;

use crate::cluster::Cluster;
use crate::give_up;
use crate::programs::program;
use crate::watchdog::Watchdog;

/// Drops what the tests made on a server that outlives them.
const CLEAR_UP: &str = r#"
printf '%s\n' "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname LIKE '$2%'" '\gexec' |
  "$3" -X -q "$1"
"#;

/// A server to make databases on.
pub(crate) enum Server {
    /// Started here.
    Own(Cluster),
    /// Named by `TEST_DATABASE_URL`.
    Named { url: String, _watchdog: Watchdog },
}

impl Server {
    /// The server of this process; started when first asked for.
    pub(crate) fn shared() -> &'static Self {
        static SERVER: LazyLock<Server> = LazyLock::new(|| match env::var_os("TEST_DATABASE_URL") {
            Some(url) => Server::named(url.to_string_lossy().into_owned()),
            None => Server::Own(Cluster::start(&[])),
        });
        &SERVER
    }

    fn named(url: String) -> Self {
        let psql = program("psql");
        let arguments = [OsStr::new(&url), OsStr::new(&prefix()), psql.get_program()].map(ToOwned::to_owned);
        let watchdog = Watchdog::start(CLEAR_UP, &arguments.each_ref().map(AsRef::as_ref));
        Self::Named { url, _watchdog: watchdog }
    }

    /// The URL of a database on it.
    pub(crate) fn url(&self, database: &str) -> String {
        match self {
            Self::Own(cluster) => cluster.url(database),
            Self::Named { url, .. } => with_database(url, database),
        }
    }

    /// Runs SQL in the database that every server has.
    pub(crate) fn run(&self, sql: &str) -> String {
        let url = match self {
            Self::Own(cluster) => cluster.url("postgres"),
            Self::Named { url, .. } => url.clone(),
        };
        run(&url, sql).unwrap_or_else(|why| give_up(&format!("could not run {sql}"), &why))
    }
}

/// What the names of this process's databases begin with.
pub(crate) fn prefix() -> String {
    format!("mstore_pay_test_{}_", std::process::id())
}

/// Runs SQL in the database of that URL and gives what it returned, a line for each row.
///
/// # Errors
/// What PostgreSQL said.
pub fn run(url: &str, sql: &str) -> Result<String, String> {
    let mut psql = program("psql");
    psql.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", url]);
    let mut talk = || {
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = psql.stdin.take() {
            input.write_all(sql.as_bytes())?;
        }
        psql.wait_with_output()
    };
    match talk() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(format!("psql: {error}")),
    }
}

/// The URL with another database in the place of its own.
fn with_database(url: &str, database: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(address, options)| (address, Some(options)));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let host = rest.split_once('/').map_or(rest, |(host, _database)| host);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{scheme}://{host}/{database}{options}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, want: &str) {
        assert_eq!(with_database(url, "t1"), want, "{url}");
    }

    #[test]
    fn a_url_keeps_all_but_its_database() {
        check("postgres://me:pw@db:5432/mine", "postgres://me:pw@db:5432/t1");
        check("postgresql://db", "postgresql://db/t1");
        check("postgres://me@%2Frun%2Fpg/mine?sslmode=disable", "postgres://me@%2Frun%2Fpg/t1?sslmode=disable");
    }
}
