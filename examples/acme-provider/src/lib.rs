//! Acme Pay as a payment provider: an example to copy.

mod error;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::ids::{IdError, ProviderId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Endpoint, IdempotencySupport, LookupSupport,
    OpenCharge, OpenedCharge, Operation, PaymentProvider, Period, ProviderError, Query, RefundCharge, RefundOutcome,
    Simulation, Sweep,
};
use mstore_pay_outbound::{Call, Deadline, HttpClient};
use url::Url;

use error::{Failure, Failures};
use wire::AcmeCharge;

/// Acme Pay, over HTTP.
pub struct Acme {
    id: ProviderId,
    http: HttpClient,
    base_url: Url,
}

impl Acme {
    /// Acme Pay at that address.
    ///
    /// # Errors
    /// [`IdError`] never happens as long as `acme` is a legal name.
    pub fn new(http: HttpClient, base_url: Url) -> Result<Self, IdError> {
        Ok(Self { id: ProviderId::parse("acme")?, http, base_url })
    }

    /// Sends one call and reads the charge that it answers with.
    async fn ask(&self, account: &ProviderAccount, call: Call, within: Duration) -> Result<AcmeCharge, Failure> {
        let call = call.basic_auth(&account.credential);
        let asked = call.on_record();
        let reply = self.http.send(&call, within).await.map_err(|error| Failure::unanswered(error, &asked))?;
        if !reply.is_success() {
            return Err(Failure::refused(&reply, &asked));
        }
        AcmeCharge::read(&reply, &asked).map_err(|why| Failure::malformed(&reply, why, &asked))
    }

    async fn ask_about(
        &self,
        account: &ProviderAccount,
        query: &Query,
        within: Duration,
    ) -> Result<ChargeSnapshot, ProviderError> {
        let url = match &query.charge_ref {
            Some(id) => wire::charge(&self.base_url, id),
            None => wire::charge_of(&self.base_url, &query.our_reference),
        };
        let told = self.ask(account, Call::get(url), within).await;
        told.map(AcmeCharge::snapshot).in_operation(&self.id, Operation::Inquire)
    }

    fn unsupported(&self, operation: Operation) -> ProviderError {
        Failure::unsupported().in_operation(&self.id, operation)
    }
}

#[async_trait]
impl PaymentProvider for Acme {
    fn id(&self) -> ProviderId {
        self.id.clone()
    }

    fn capabilities(&self, _account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        (method == Method::Qris).then(|| Capabilities {
            amount_min: Money::from(1_000),
            amount_max: Money::from(10_000_000),
            // Nobody can pay a code that nobody was shown.
            risk: Risk::Displayed,
            token_risk: None,
            lookup: LookupSupport::ByReference,
            idempotency: IdempotencySupport::Key { ttl: Duration::from_hours(24) },
            cancel: true,
            refund: false,
            expiry_default: Duration::from_mins(5),
            expiry_min: Duration::from_mins(1),
            expiry_max: Duration::from_hours(1),
            natural_life: Some(Duration::from_hours(1)),
        })
    }

    fn availability(&self, _account: &ProviderAccount, _method: Method) -> Availability {
        Availability::Ready
    }

    fn counted_under(&self, _query: &Query) -> Endpoint {
        Endpoint::Inquire
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        if self.capabilities(account, charge.method).is_none() {
            return Err(self.unsupported(Operation::Open));
        }
        let call = Call::post(wire::charges(&self.base_url))
            .header("idempotency-key", charge.charge.open_key())
            .json(wire::open_body(charge));
        let opened = self.ask(account, call, charge.within).await;
        opened.and_then(|opened| opened.checked_against(charge)).in_operation(&self.id, Operation::Open)
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let deadline = Deadline::within(within);
        let mut answers = Vec::new();
        for query in queries {
            answers.push(self.ask_about(account, query, deadline.left()).await);
        }
        answers
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        let call = Call::post(wire::void(&self.base_url, &charge.charge_ref));
        match self.ask(account, call, charge.within).await {
            Ok(_voided) => Ok(Canceled::Confirmed),
            Err(failure) if failure.says_over() => Ok(Canceled::TooLate),
            Err(failure) => Err(failure.in_operation(&self.id, Operation::Cancel)),
        }
    }

    async fn refund(&self, _: &ProviderAccount, _: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        Err(self.unsupported(Operation::Refund))
    }

    async fn simulate(&self, _: &ProviderAccount, _: &Simulation) -> Result<(), ProviderError> {
        Err(self.unsupported(Operation::Simulate))
    }

    async fn sweep(&self, _: &ProviderAccount, _: Period, _: Duration) -> Result<Sweep, ProviderError> {
        Err(self.unsupported(Operation::Sweep))
    }
}
