//! Talking to Xendit: headers, limits, and a record of what was said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{
    BudgetClass, Certainty, Endpoint, Exchange, Operation, ProviderError, ProviderErrorKind, RateBudget, Reservation,
    Upstream,
};
use mstore_pay_outbound::{Call, Deadline, HttpClient, Record, Reply};
use url::Url;

use crate::config::{XenditApi, XenditConfig};
use crate::error::Judgement;
use crate::request::Key;
use crate::response::{Unreadable, unknown_fields};

/// The only version of Payments API v3 there is.
const API_VERSION_V3: &str = "2024-11-11";
/// The version of the QR Codes API; without one the same addresses speak the first, with other fields.
const API_VERSION_QR_CODES: &str = "2022-07-31";

/// For how long after its beginning a question waits for leave to make a further call: the first is made, and asking anew
/// would cost it again.
const LEAVE_WAIT_MAX: Duration = Duration::from_millis(1_500);
/// What must be left of a question's time once it has waited, for a call to make sense.
const CALL_MIN: Duration = Duration::from_millis(300);
/// Between two askings for leave, whatever a budget says.
const LEAVE_PAUSE_MIN: Duration = Duration::from_millis(1);

pub(crate) struct Client {
    pub(crate) http: HttpClient,
    pub(crate) config: XenditConfig,
    pub(crate) budget: Option<Arc<dyn RateBudget>>,
}

/// One operation's talk with Xendit: under one account, within one time, all of it on record.
pub(crate) struct Talk<'a> {
    client: &'a Client,
    account: &'a ProviderAccount,
    operation: Operation,
    deadline: Deadline,
    patience: Deadline,
    said: Record,
    /// What the call that its caller reserved counts under, and whether it is still to be made.
    reserved: Endpoint,
    prepaid: AtomicBool,
}

impl Client {
    pub(crate) fn talk<'a>(&'a self, account: &'a ProviderAccount, operation: Operation, within: Duration) -> Talk<'a> {
        let (deadline, said, prepaid) = (Deadline::within(within), Record::default(), AtomicBool::new(true));
        let waits_within = match operation {
            Operation::Inquire => LEAVE_WAIT_MAX.min(within.saturating_sub(CALL_MIN)),
            // What a listing has it keeps, and the next one goes on from there.
            Operation::Sweep | Operation::Open | Operation::Cancel | Operation::Refund | Operation::Simulate => {
                Duration::ZERO
            }
        };
        let patience = Deadline::within(waits_within);
        let reserved = match operation {
            Operation::Sweep => Endpoint::Sweep,
            Operation::Inquire | Operation::Open | Operation::Cancel | Operation::Refund | Operation::Simulate => {
                Endpoint::Inquire
            }
        };
        Talk { client: self, account, operation, deadline, patience, said, reserved, prepaid }
    }

    /// A call that was never made, because nothing good could come of it.
    pub(crate) fn unsupported(&self, operation: Operation) -> ProviderError {
        let kind = ProviderErrorKind::Unsupported;
        ProviderError::new(self.config.id.clone(), operation, kind, Certainty::NotApplied)
    }
}

impl Talk<'_> {
    /// The same, where the call that its caller reserved counts under that.
    pub(crate) fn reserved(self, under: Endpoint) -> Self {
        Self { reserved: under, ..self }
    }

    pub(crate) fn base(&self) -> &Url {
        &self.client.config.base_url
    }

    pub(crate) fn api(&self) -> XenditApi {
        self.client.config.api
    }

    pub(crate) fn is_out_of_time(&self) -> bool {
        self.deadline.has_passed()
    }

    /// Reads what stands there. No address: there is no such thing.
    pub(crate) async fn get(&self, url: Option<Url>, endpoint: Endpoint) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        self.reserve(endpoint).await?;
        let version = api_version(&url);
        self.succeed(Call::get(url), version, endpoint).await
    }

    /// Acts on what stands there.
    pub(crate) async fn post(
        &self,
        url: Option<Url>,
        body: Option<String>,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        self.post_under(url, body, None, endpoint).await
    }

    /// Acts on what stands there, under a key: the same key again finds what was done the first time.
    pub(crate) async fn post_under(
        &self,
        url: Option<Url>,
        body: Option<String>,
        key: Option<Key>,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        let url = url.ok_or_else(|| self.nothing_there())?;
        let version = api_version(&url);
        let mut call = body.into_iter().fold(Call::post(url), Call::json);
        if let Some(key) = key {
            call = call.header(key.header, key.value);
        }
        self.succeed(call, version, endpoint).await
    }

    /// Reserves a call of a question or a listing beyond the one that its caller reserved. Whoever asks for more has
    /// heard of money.
    async fn reserve(&self, endpoint: Endpoint) -> Result<(), ProviderError> {
        match self.operation {
            Operation::Inquire | Operation::Sweep => {}
            // Never held up by the budget.
            Operation::Open | Operation::Cancel | Operation::Refund | Operation::Simulate => return Ok(()),
        }
        if endpoint == self.reserved && self.prepaid.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let Some(budget) = &self.client.budget else { return Ok(()) };
        let (provider, account) = (&self.client.config.id, &self.account.id);
        loop {
            match budget.reserve(provider, account, endpoint, BudgetClass::Confirm, 1).await {
                Reservation::Granted => return Ok(()),
                Reservation::Wait(pause) if pause < self.patience.left() => {
                    tokio::time::sleep(pause.max(LEAVE_PAUSE_MIN)).await;
                }
                // No time is named: it is not the provider that told us to stay away.
                Reservation::Wait(_) => {
                    let kind = ProviderErrorKind::RateLimited { retry_after: None };
                    return Err(self.error(kind, Certainty::NotApplied));
                }
            }
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

    async fn succeed(
        &self,
        call: Call,
        version: Option<&'static str>,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        let reply = self.send(call, version, endpoint).await?;
        if reply.is_success() {
            self.said.add_unknown_fields(unknown_fields(&reply.body));
            return Ok(reply);
        }
        let Judgement { kind, certainty, upstream } = Judgement::of(&reply);
        Err(self.error(kind, certainty).saying(upstream))
    }

    async fn send(
        &self,
        call: Call,
        version: Option<&'static str>,
        endpoint: Endpoint,
    ) -> Result<Reply, ProviderError> {
        let account = self.account;
        let mut call = call.basic_auth(&account.credential);
        if let Some(version) = version {
            call = call.header("api-version", version);
        }
        if let Some(business) = &account.for_user_id {
            call = call.header("for-user-id", business.as_str());
        }
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

/// The version that an address belongs to. Payments API v2, refunds, sessions and the list of transactions belong
/// to none.
fn api_version(url: &Url) -> Option<&'static str> {
    url.path_segments()?.find_map(|segment| match segment {
        "v3" => Some(API_VERSION_V3),
        "qr_codes" => Some(API_VERSION_QR_CODES),
        _ => None,
    })
}
