//! Xendit as a [`PaymentProvider`].

mod cancel;
mod inquire;
mod object;
mod open;
mod refund;
mod simulate;
mod sweep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Endpoint, OpenCharge, OpenedCharge,
    PaymentProvider, Period, ProviderError, Query, RateBudget, RefundCharge, RefundOutcome, Simulation, Sweep,
};
use mstore_pay_outbound::HttpClient;

use crate::channels::Channel;
use crate::client::Client;
use crate::config::XenditConfig;

/// Xendit, over HTTP.
pub struct Xendit {
    client: Client,
}

impl Xendit {
    /// Xendit as configured, reached by that client.
    #[must_use]
    pub const fn new(http: HttpClient, config: XenditConfig) -> Self {
        Self { client: Client { http, config, budget: None } }
    }

    /// This provider, reserving in `budget` what a question or a listing takes beyond its first call, and telling it what
    /// answers say of the rate limit.
    #[must_use]
    pub fn with_budget(mut self, budget: Arc<dyn RateBudget>) -> Self {
        self.client.budget = Some(budget);
        self
    }
}

impl fmt::Debug for Xendit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xendit").field("config", &self.client.config).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentProvider for Xendit {
    fn id(&self) -> ProviderId {
        self.client.config.id.clone()
    }

    fn capabilities(&self, _account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        Channel::of(self.client.config.api, method).map(Channel::capabilities)
    }

    fn availability(&self, _account: &ProviderAccount, _method: Method) -> Availability {
        Availability::Ready
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        inquire::counted_under(query, self.client.config.api)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        open::open(&self.client, account, charge).await
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        inquire::inquire(&self.client, account, queries, within).await
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        cancel::cancel(&self.client, account, charge).await
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        refund::refund(&self.client, account, refund).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        simulate::simulate(&self.client, account, simulation).await
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        sweep::sweep(&self.client, account, period, within).await
    }
}
