//! Where the database is, and how a connection to it is made.

use std::error::Error;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::OpenError;
use crate::tls;

/// Longest wait for one host to answer.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long sent data may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(5);
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(10);

/// What every connection is told. Nothing is sent as a start-up option, which pgbouncer refuses.
///
/// `statement_timeout` is longer than anybody here waits for an answer: PostgreSQL reports a commit as
/// done if a time-out cuts its wait for a standby short, so such a report must come too late to be heard.
/// A commit is on the disk when it returns, whatever the server's default.
///
/// Statements are few, have an index each, and are planned once: what the planner would know of a table that was empty a
/// moment ago, or by values that come once, misleads it (`docs/adr/0024-plans-are-made-once.md`).
const SETTINGS: &str = "
    SET statement_timeout = '10s';
    SET lock_timeout = '3s';
    SET idle_in_transaction_session_timeout = '10s';
    SET plan_cache_mode = 'force_generic_plan';
    SET enable_seqscan = off;
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local');
";

/// One database, on one host or on several of which one can be written to.
pub(crate) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

#[derive(Debug, thiserror::Error)]
enum BadUrl {
    #[error("sslmode is none of disable, require, verify-full")]
    SslMode,
}

impl Address {
    /// Reads a URL as libpq does, with `sslmode` one of `disable` (the default), `require` (encrypted, but
    /// to whomever) and `verify-full`; `sslrootcert` names a file of authorities beside the system's.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        Self::read(url).map_err(|source| OpenError::Url { source })
    }

    fn read(url: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let (plain, ssl_mode, root_file) = split_tls(url);
        let mut config: Config = plain.parse()?;
        let tls = match ssl_mode {
            None | Some("disable") => None,
            Some("require") => Some(tls::encrypting()?),
            Some("verify-full") => Some(tls::verifying(root_file)?),
            Some(_other) => return Err(BadUrl::SslMode.into()),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_MAX);
        }
        if config.get_application_name().is_none() {
            config.application_name("mstore-pay");
        }
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX).keepalives_idle(KEEP_ALIVE_AFTER);
        Ok(Self { config, tls })
    }

    /// The same for connections that never write, which would not notice that they are at a standby.
    pub(crate) fn of_readers(&self) -> Self {
        let (mut config, tls) = (self.config.clone(), self.tls.clone());
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Self { config, tls }
    }

    /// A connection that does not wait for ever.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, ConnectionError> {
        let mut conn = self.connect_unbounded().await?;
        conn.batch_execute(SETTINGS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }

    /// A connection as the server would have it: for migrations, which may take long.
    pub(crate) async fn connect_unbounded(&self) -> Result<AsyncPgConnection, ConnectionError> {
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(|error| refused(&error))?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(|error| refused(&error))?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        }
    }
}

/// With the whole chain of causes: tokio-postgres says only "error connecting to server" itself.
fn refused(error: &tokio_postgres::Error) -> ConnectionError {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let told = causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"));
    ConnectionError::BadConnection(told)
}

/// The URL without what tokio-postgres does not know: the mode of TLS and the file of authorities.
fn split_tls(url: &str) -> (String, Option<&str>, Option<&str>) {
    let Some((address, options)) = url.split_once('?') else { return (url.to_owned(), None, None) };
    let (mut ssl_mode, mut root_file, mut rest) = (None, None, Vec::new());
    for option in options.split('&') {
        match option.split_once('=') {
            Some(("sslmode", mode)) => ssl_mode = Some(mode),
            Some(("sslrootcert", file)) => root_file = Some(file),
            _other => rest.push(option),
        }
    }
    let question_mark = if rest.is_empty() { "" } else { "?" };
    (format!("{address}{question_mark}{}", rest.join("&")), ssl_mode, root_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, want: (&str, Option<&str>, Option<&str>)) {
        let (plain, ssl_mode, root_file) = split_tls(url);
        assert_eq!((plain.as_str(), ssl_mode, root_file), want, "{url}");
    }

    #[test]
    fn what_says_how_to_encrypt_is_taken_out_of_the_url() {
        check("postgres://db/mine", ("postgres://db/mine", None, None));
        check("postgres://db/mine?sslmode=require", ("postgres://db/mine", Some("require"), None));
        check(
            "postgres://a,b/mine?sslmode=verify-full&target_session_attrs=read-write&sslrootcert=/etc/ca.pem",
            ("postgres://a,b/mine?target_session_attrs=read-write", Some("verify-full"), Some("/etc/ca.pem")),
        );
    }

    #[test]
    fn a_url_of_nothing_known_is_refused() {
        for url in ["mysql://db/mine", "postgres://db/mine?sslmode=prefer", "postgres://db/mine?colour=green"] {
            let refused = Address::parse(url).map(|_address| ());
            assert!(matches!(refused, Err(OpenError::Url { .. })), "{url}: {refused:?}");
        }
    }
}
