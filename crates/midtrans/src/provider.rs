//! Midtrans as a [`PaymentProvider`].

mod cancel;
mod inquire;
mod open;
mod refund;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Endpoint, OpenCharge, OpenedCharge, Operation,
    PaymentProvider, Period, ProviderError, Query, RateBudget, RefundCharge, RefundOutcome, Simulation, Sweep,
};
use mstore_pay_outbound::HttpClient;

use crate::channels::Channel;
use crate::client::Client;
use crate::config::MidtransConfig;

/// Midtrans, over HTTP.
pub struct Midtrans {
    client: Client,
}

impl Midtrans {
    /// Midtrans as configured, reached by that client.
    #[must_use]
    pub const fn new(http: HttpClient, config: MidtransConfig) -> Self {
        Self { client: Client { http, config, budget: None } }
    }

    /// This provider, telling `budget` what answers say of the rate limit.
    #[must_use]
    pub fn with_budget(mut self, budget: Arc<dyn RateBudget>) -> Self {
        self.client.budget = Some(budget);
        self
    }
}

impl fmt::Debug for Midtrans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Midtrans").field("config", &self.client.config).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentProvider for Midtrans {
    fn id(&self) -> ProviderId {
        self.client.config.id.clone()
    }

    fn capabilities(&self, _account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        Channel::of(self.client.config.api, method).map(Channel::capabilities)
    }

    fn availability(&self, _account: &ProviderAccount, _method: Method) -> Availability {
        Availability::Ready
    }

    fn counted_under(&self, _query: &Query) -> Endpoint {
        Endpoint::Inquire
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

    /// Midtrans' test mode is paid on pages for people only.
    async fn simulate(&self, _account: &ProviderAccount, _simulation: &Simulation) -> Result<(), ProviderError> {
        Err(self.client.unsupported(Operation::Simulate))
    }

    /// Midtrans lists nothing: each charge is asked about by itself.
    async fn sweep(
        &self,
        _account: &ProviderAccount,
        _period: Period,
        _within: Duration,
    ) -> Result<Sweep, ProviderError> {
        Err(self.client.unsupported(Operation::Sweep))
    }
}
