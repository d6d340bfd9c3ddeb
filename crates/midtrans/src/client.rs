//! Talking to Midtrans: headers, limits, and a record of what was said.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, Exchange, Operation, ProviderError, ProviderErrorKind, RateBudget, Upstream,
};
use mstore_pay_outbound::{Call, Deadline, HttpClient, Record, Reply};
use url::Url;

use crate::config::MidtransConfig;
use crate::error::Judgement;
use crate::response::{Unreadable, unknown_fields};

/// The header that makes a repeated call harmless, wherever it goes.
const KEY_HEADER: &str = "idempotency-key";
/// The header that says where notifications go.
const NOTIFICATION_HEADER: &str = "x-override-notification";

pub(crate) struct Client {
    pub(crate) http: HttpClient,
    pub(crate) config: MidtransConfig,
    pub(crate) budget: Option<Arc<dyn RateBudget>>,
}

/// One operation's talk with Midtrans: under one account, within one time, all of it on record.
pub(crate) struct Talk<'a> {
    client: &'a Client,
    account: &'a ProviderAccount,
    operation: Operation,
    deadline: Deadline,
    said: Record,
}

impl Client {
    pub(crate) fn talk<'a>(&'a self, account: &'a ProviderAccount, operation: Operation, within: Duration) -> Talk<'a> {
        Talk { client: self, account, operation, deadline: Deadline::within(within), said: Record::default() }
    }

    /// A call that was never made, because nothing good could come of it.
    pub(crate) fn unsupported(&self, operation: Operation) -> ProviderError {
        let kind = ProviderErrorKind::Unsupported;
        ProviderError::new(self.config.id.clone(), operation, kind, Certainty::NotApplied)
    }
}

impl Talk<'_> {
    /// Where the Core API is.
    pub(crate) fn core(&self) -> &Url {
        &self.client.config.core_url
    }

    /// Where Snap is.
    pub(crate) fn snap(&self) -> &Url {
        &self.client.config.snap_url
    }

    /// Reads what stands there. No address: there is no such thing.
    pub(crate) async fn get(&self, url: Option<Url>, endpoint: Endpoint) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        self.succeed(Call::get(url), endpoint).await
    }

    /// Acts on what stands there, under a key: the same key again finds what was done the first time, whatever it was.
    pub(crate) async fn post(
        &self,
        url: Option<Url>,
        body: Option<String>,
        key: String,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        let call = body.into_iter().fold(Call::post(url), Call::json).header(KEY_HEADER, key);
        self.succeed(call, endpoint).await
    }

    /// The same, telling where notifications about it go.
    pub(crate) async fn post_notified(
        &self,
        url: Option<Url>,
        body: String,
        key: String,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        let call = self.notified(Call::post(url).json(body).header(KEY_HEADER, key));
        self.succeed(call, endpoint).await
    }

    /// Makes a page, telling where notifications about it go. Snap knows no keys.
    pub(crate) async fn open_page(&self, url: Option<Url>, body: String) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        let reply = self.send(self.notified(Call::post(url).json(body)), Endpoint::Open).await?;
        self.judged(reply, Judgement::of_snap)
    }

    /// Closes a page.
    pub(crate) async fn close_page(&self, url: Option<Url>) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        let reply = self.send(Call::post(url), Endpoint::Cancel).await?;
        self.judged(reply, Judgement::of_snap)
    }

    fn notified(&self, call: Call) -> Call {
        match self.client.config.notified_at(&self.account.id) {
            Some(address) => call.header(NOTIFICATION_HEADER, address),
            None => call,
        }
    }

    /// What was said so far, redacted.
    pub(crate) fn exchange(&self) -> Exchange {
        self.said.exchange()
    }

    /// An error of this operation.
    pub(crate) fn error(&self, kind: ProviderErrorKind, certainty: Certainty) -> ProviderError {
        ProviderError::new(self.client.config.id.clone(), self.operation, kind, certainty).during(self.exchange())
    }

    /// A 2xx answer that makes no sense or speaks of something else: the provider may have acted.
    pub(crate) fn malformed(&self, reply: &Reply, why: Unreadable) -> ProviderError {
        self.error(ProviderErrorKind::Malformed, Certainty::Unknown)
            .saying(Upstream::answered(reply.status))
            .because(why)
    }

    fn nothing_there(&self) -> ProviderError {
        self.error(ProviderErrorKind::NotFound, Certainty::NotApplied)
    }

    async fn succeed(&self, call: Call, endpoint: Endpoint) -> Result<Reply, ProviderError> {
        let reply = self.send(call, endpoint).await?;
        self.judged(reply, |reply| Judgement::of(reply, endpoint))
    }

    fn judged(&self, reply: Reply, judge: impl Fn(&Reply) -> Option<Judgement>) -> Result<Reply, ProviderError> {
        match judge(&reply) {
            None => {
                self.said.add_unknown_fields(unknown_fields(&reply.body));
                Ok(reply)
            }
            Some(Judgement { kind, certainty, upstream }) => Err(self.error(kind, certainty).saying(upstream)),
        }
    }

    async fn send(&self, call: Call, endpoint: Endpoint) -> Result<Reply, ProviderError> {
        let account = self.account;
        let call = call.basic_auth(&account.credential);
        let outcome = self.client.http.send(&call, self.deadline.left()).await;
        self.said.add(&call, outcome.as_ref().ok());
        let reply = outcome.map_err(|error| {
            let (kind, certainty) = error.classify();
            self.error(kind, certainty).because(error)
        })?;
        if let (Some(budget), Some(status)) = (&self.client.budget, reply.rate_limit) {
            budget.observe(&self.client.config.id, &account.id, endpoint, status).await;
        }
        Ok(reply)
    }
}
