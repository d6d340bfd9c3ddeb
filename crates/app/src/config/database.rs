//! `DATABASE_URL`: which store, and where.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(feature = "postgres")]
use percent_encoding::percent_decode_str;

use super::SecretText;

/// What stands where a secret was.
const MASK: &str = "****";

/// The store that the settings name.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL.
    Postgres(PostgresUrl),
}

/// Where PostgreSQL is: a connection URI as of the PostgreSQL manual, section 34.1.1.2, with one host or several.
/// `Display` and `Debug` mask its passwords.
#[derive(Clone)]
pub struct PostgresUrl(SecretText);

/// A URL that names no store that this program has, and why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotADatabase(String);

impl Database {
    /// Its kind, in one word.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

impl PostgresUrl {
    /// Parses `postgres://[USER[:PASSWORD]@]HOST[:PORT][,...]/DATABASE[?OPTION=VALUE&...]`.
    ///
    /// # Errors
    /// [`NotADatabase`] where no host or no database is named; nothing of the URL is repeated.
    pub fn parse(text: &str) -> Result<Self, NotADatabase> {
        let Parts { authority, path, .. } = Parts::of(text);
        let fault = |fault: &str| Err(NotADatabase(format!("{fault}: postgres://USER:PASSWORD@HOST:PORT/DATABASE")));
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return fault("is no URL of PostgreSQL");
        }
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        if hosts.split(',').any(|host| host.is_empty() || host.starts_with(':')) {
            return fault("names no host");
        }
        if path.trim_start_matches('/').is_empty() {
            return fault("names no database");
        }
        Ok(Self(SecretText::from(text.to_owned())))
    }

    /// The URL with its passwords, for whoever connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether nobody says if what goes to another machine is encrypted. Whoever wants it to go in clear text can say so:
    /// `sslmode=disable`.
    pub(crate) fn leaves_encryption_open(&self) -> bool {
        let Parts { authority, options, .. } = Parts::of(self.expose());
        let says_so = |options: &str| options.split('&').any(|option| option.starts_with("sslmode="));
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        !options.is_some_and(says_so) && hosts.split(',').any(|host| !is_this_machine(host))
    }

    /// The URL without its password, and the password, for programs whose command line others can read.
    #[cfg(feature = "postgres")]
    pub(crate) fn apart(&self) -> (String, Option<SecretText>) {
        let text = self.expose();
        let Parts { scheme, authority, path, options } = Parts::of(text);
        let options = options.map(|options| format!("?{options}")).unwrap_or_default();
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        match user.split_once(':') {
            Some((user, password)) => {
                let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
                (format!("{scheme}://{user}@{hosts}{path}{options}"), Some(SecretText::from(password)))
            }
            None => (text.to_owned(), None),
        }
    }
}

/// Whether a host, with its port or without, is a folder of sockets or loopback.
fn is_this_machine(host: &str) -> bool {
    if host.starts_with('/') || host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F")) {
        return true;
    }
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let name = bracketed.map_or_else(|| host.split_once(':').map_or(host, |(name, _port)| name), |(name, _port)| name);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A URL cut up without regard to what its parts may hold: with several hosts it is no URL of the RFC.
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    options: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (rest, options) = rest.split_once('?').map_or((rest, None), |(rest, options)| (rest, Some(options)));
        // A password may hold a slash although it should be escaped.
        let host_from = rest.rfind('@').unwrap_or(0);
        let path_from = rest.bytes().skip(host_from).position(|byte| byte == b'/');
        let (authority, path) = path_from.map_or((rest, ""), |at| rest.split_at(host_from.saturating_add(at)));
        Self { scheme, authority, path, options }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { scheme, authority, path, options } = Parts::of(self.expose());
        write!(f, "{scheme}://")?;
        match authority.rsplit_once('@') {
            Some((user, hosts)) => match user.split_once(':') {
                Some((user, _password)) => write!(f, "{user}:{MASK}@{hosts}")?,
                None => write!(f, "{user}@{hosts}")?,
            },
            None => f.write_str(authority)?,
        }
        f.write_str(path)?;
        let mut before = '?';
        for option in options.into_iter().flat_map(|options| options.split('&')) {
            match option.split_once('=') {
                Some((name, _secret)) if name.ends_with("password") => write!(f, "{before}{name}={MASK}")?,
                Some(_) | None => write!(f, "{before}{option}")?,
            }
            before = '&';
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

impl FromStr for Database {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("sqlite", "")) => Err(NotADatabase("names no file: sqlite://PATH".to_owned())),
            Some(("sqlite", path)) if cfg!(feature = "sqlite") => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) if cfg!(feature = "postgres") => {
                PostgresUrl::parse(text).map(Self::Postgres)
            }
            Some((scheme @ ("sqlite" | "postgres" | "postgresql"), _)) => {
                Err(NotADatabase(format!("asks for a store that this program was built without: {scheme}")))
            }
            Some(_) | None => Err(NotADatabase("is neither sqlite://PATH nor postgres://HOST/DATABASE".to_owned())),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_masked(url: &str, shown: &str) {
        let url = PostgresUrl::parse(url).unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(format!("{url:?}"), format!("PostgresUrl({shown})"));
    }

    #[test]
    fn passwords_are_never_shown() {
        check_masked("postgres://pay:s3cret@db/pay", "postgres://pay:****@db/pay");
        check_masked("postgres://pay:a/b@c@db:5433/pay", "postgres://pay:****@db:5433/pay");
        check_masked("postgres://db/pay?password=s3cret&user=pay", "postgres://db/pay?password=****&user=pay");
        check_masked(
            "postgresql://pay:s3cret@a:1,b:2/pay?target_session_attrs=read-write",
            "postgresql://pay:****@a:1,b:2/pay?target_session_attrs=read-write",
        );
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn a_password_is_taken_out_of_a_url_as_it_was_meant() {
        let (url, password) = PostgresUrl::parse("postgres://pay:s%40fe@a:1,b/pay?sslmode=require").unwrap().apart();
        assert_eq!(url, "postgres://pay@a:1,b/pay?sslmode=require");
        assert_eq!(password.unwrap().expose(), "s@fe");
        let (url, password) = PostgresUrl::parse("postgres://pay@a/pay").unwrap().apart();
        assert_eq!((url.as_str(), password.is_none()), ("postgres://pay@a/pay", true));
    }

    #[track_caller]
    fn check_open(url: &str, want: bool) {
        assert_eq!(PostgresUrl::parse(url).unwrap().leaves_encryption_open(), want, "{url}");
    }

    #[test]
    fn encryption_is_left_open_where_another_machine_is_named_and_no_mode() {
        check_open("postgres://pay:s3cret@db.internal/pay", true);
        check_open("postgres://db:5433/pay?target_session_attrs=read-write", true);
        check_open("postgres://localhost,db/pay", true);
        check_open("postgres://localhost.example/pay", true);
        for mode in ["disable", "require", "verify-full"] {
            check_open(&format!("postgres://a,b/pay?target_session_attrs=any&sslmode={mode}"), false);
        }
        for here in ["localhost", "localhost:5433", "127.0.0.1", "127.0.0.1:1", "[::1]:5432", "%2Fvar%2Frun", "%2ftmp"]
        {
            check_open(&format!("postgres://pay@{here}/pay"), false);
        }
    }

    #[track_caller]
    fn check_refused(url: &str, why: &str) {
        let error = url.parse::<Database>().unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn what_names_no_store_is_refused_without_repeating_it() {
        check_refused("", "is neither");
        check_refused("mysql://root:s3cret@db/pay", "is neither");
        check_refused("pay.db", "is neither");
        check_refused("sqlite://", "names no file");
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn a_url_of_postgres_names_hosts_and_a_database() {
        check_refused("postgres:///pay", "names no host");
        check_refused("postgres://pay:s3cret@/pay", "names no host");
        check_refused("postgres://a:1,:2/pay", "names no host");
        check_refused("postgres://pay:s3cret@db", "names no database");
        check_refused("postgres://pay:s3cret@db/?user=pay", "names no database");
    }
}
