//! The one HTTP client.

use std::time::Duration;

use reqwest::redirect::Policy;
use url::Url;

use crate::call::{Call, Verb};
use crate::error::HttpError;
use crate::reach::Reach;
use crate::reply::Reply;

/// The one HTTP client: TLS by rustls, no redirects, no proxy from the environment, no cookies, no
/// retries of its own. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    inner: reqwest::Client,
    /// Kept to where others chose the address.
    reach: Option<Reach>,
}

impl HttpClient {
    /// Most bytes of an answer, counted after inflation.
    pub const BODY_BYTES_MAX: usize = 1024 * 1024;
    /// Time to resolve, connect and shake hands, in seconds.
    pub const CONNECT_SECONDS_MAX: u64 = 2;
    /// How long an unused connection is kept, in seconds; shorter than balancers commonly do, so that a
    /// request rarely meets a connection that is being closed.
    const IDLE_SECONDS_MAX: u64 = 30;
    /// How many unused connections to one provider are kept: what a rush leaves behind is closed.
    const IDLE_CONNECTIONS_MAX: usize = 32;

    /// Builds the client.
    ///
    /// # Errors
    /// [`HttpError::NotSent`] where the machine has no usable TLS roots.
    pub fn new() -> Result<Self, HttpError> {
        Self::built(None)
    }

    /// Builds a client for addresses that others chose: it keeps to that reach, whatever their names resolve to.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn within(reach: Reach) -> Result<Self, HttpError> {
        Self::built(Some(reach))
    }

    fn built(reach: Option<Reach>) -> Result<Self, HttpError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("mstore-pay/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(Self::CONNECT_SECONDS_MAX))
            .pool_idle_timeout(Duration::from_secs(Self::IDLE_SECONDS_MAX))
            .pool_max_idle_per_host(Self::IDLE_CONNECTIONS_MAX)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never());
        let builder = match reach {
            Some(reach) => builder.dns_resolver(reach),
            None => builder,
        };
        builder.build().map(|inner| Self { inner, reach }).map_err(|error| HttpError::NotSent { source: error.into() })
    }

    /// Sends `call` once and reads the whole answer, all within `within`.
    ///
    /// # Errors
    /// [`HttpError`], which says whether the request may have left.
    pub async fn send(&self, call: &Call, within: Duration) -> Result<Reply, HttpError> {
        let outcome = self.exchange(call, within).await;
        let host = call.url.host_str().unwrap_or_default();
        // What others chose may bear a secret of theirs anywhere behind the host.
        let (path, what) = match self.reach {
            Some(_) => (None, format!("{} {host}", call.verb.word())),
            None => (Some(call.url.path()), format!("{call:?}")),
        };
        match &outcome {
            Ok(reply) => {
                tracing::debug!(host, path, status = reply.status, "{what} answered {}", reply.status);
            }
            Err(error) => tracing::debug!(host, path, "{what} brought no answer: {error}"),
        }
        outcome
    }

    /// Posts bytes of any kind there, under these headers, and reads the whole answer, all within `within`; gives its
    /// status. For what operators watch the process with: nothing of it is logged.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn post_bytes(
        &self,
        url: &Url,
        headers: &[(&str, &[u8])],
        body: Vec<u8>,
        within: Duration,
    ) -> Result<u16, HttpError> {
        let request = self.inner.post(url.clone()).timeout(within).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.build().map_err(|error| HttpError::NotSent { source: error.without_url().into() })?;
        let mut response = self.inner.execute(request).await.map_err(failed)?;
        read_capped(&mut response).await?;
        Ok(response.status().as_u16())
    }

    /// What the `Date` header of an answer to a plain read of that address says, whatever else it answers.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn date(&self, url: &Url, within: Duration) -> Result<Option<String>, HttpError> {
        let response = self.inner.get(url.clone()).timeout(within).send().await.map_err(failed)?;
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        Ok(date.map(str::to_owned))
    }

    async fn exchange(&self, call: &Call, within: Duration) -> Result<Reply, HttpError> {
        if let Some(reach) = self.reach {
            reach.check(&call.url).map_err(|source| HttpError::NotSent { source: source.into() })?;
        }
        let method = match call.verb {
            Verb::Get => reqwest::Method::GET,
            Verb::Post => reqwest::Method::POST,
        };
        let mut request = self.inner.request(method, call.url.clone()).timeout(within);
        if let Some(secret) = &call.credential {
            request = request.basic_auth(secret.expose(), Some(""));
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        let request = request.build().map_err(|error| HttpError::NotSent { source: error.without_url().into() })?;
        let mut response = self.inner.execute(request).await.map_err(failed)?;
        let body = read_capped(&mut response).await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Reply::new(response.status().as_u16(), header, body))
    }
}

/// Reads to the end, or to the cap: chunks come inflated, so a small answer cannot grow past it.
async fn read_capped(response: &mut reqwest::Response) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > HttpClient::BODY_BYTES_MAX {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failed(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if error.is_connect() {
        // Before time-outs: one that happened while connecting is certain too.
        HttpError::NotSent { source: error.into() }
    } else if error.is_timeout() {
        HttpError::TimedOut { source: error.into() }
    } else {
        HttpError::Broken { source: error.into() }
    }
}
