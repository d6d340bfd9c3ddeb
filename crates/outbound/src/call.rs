//! A request to be sent.

use mstore_pay_domain::account::SharedSecret;
use url::Url;

use crate::redact;

/// What to do with the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read it.
    Get,
    /// Act on it.
    Post,
}

impl Verb {
    /// The HTTP method.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request to be sent. `Debug` shows neither the credential nor the body.
#[derive(Clone)]
pub struct Call {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) credential: Option<SharedSecret>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
}

impl Call {
    /// A read.
    #[must_use]
    pub const fn get(url: Url) -> Self {
        Self { verb: Verb::Get, url, credential: None, headers: Vec::new(), body: None }
    }

    /// An action.
    #[must_use]
    pub const fn post(url: Url) -> Self {
        Self { verb: Verb::Post, url, credential: None, headers: Vec::new(), body: None }
    }

    /// This call with HTTP Basic authentication: the secret is the user name, the password is empty.
    #[must_use]
    pub fn basic_auth(mut self, secret: &SharedSecret) -> Self {
        self.credential = Some(secret.clone());
        self
    }

    /// This call with one more header. A value that no header can carry makes the call fail unsent.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// This call with a JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// What goes where, redacted and cut, for the audit trail.
    #[must_use]
    pub fn on_record(&self) -> String {
        let mut line = format!("{} {}", self.verb.word(), self.url.path());
        if let Some(query) = self.url.query() {
            line.push('?');
            line.push_str(query);
        }
        if let Some(body) = &self.body {
            line.push(' ');
            line.push_str(&redact::body(body.as_bytes()));
        }
        line
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb.word(), self.url)
    }
}
