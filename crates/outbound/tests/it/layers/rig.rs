//! A scripted provider, an account on it, and calls to make.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderId, ProviderRef};
use mstore_pay_domain::memory::{ManualClock, MemoryBudget, ScriptedProvider};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Clock, Endpoint, OpenCharge, OpenedCharge,
    PaymentProvider, Period, ProviderError, Query, RateBudget, RefundCharge, RefundOutcome, Simulation, Sweep,
};
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

pub(crate) const WITHIN: Duration = Duration::from_secs(5);

/// A provider that test and layer both hold.
#[derive(Clone)]
pub(crate) struct Shared(pub(crate) Arc<ScriptedProvider>);

pub(crate) fn rig() -> (Shared, Arc<ManualClock>, Arc<dyn Clock>) {
    let manual = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
    let clock: Arc<dyn Clock> = manual.clone();
    let provider = ScriptedProvider::new(ProviderId::parse("scripted").unwrap(), Arc::clone(&clock));
    (Shared(Arc::new(provider)), manual, clock)
}

/// A rate limit that leaves so many calls of a kind in a minute; none: any number.
pub(crate) fn budget(calls_per_minute: Option<u32>, clock: &Arc<dyn Clock>) -> Arc<dyn RateBudget> {
    Arc::new(MemoryBudget::new(Arc::clone(clock), calls_per_minute).unused())
}

pub(crate) fn account(id: &str) -> ProviderAccount {
    let secret = |text| SharedSecret::new(text).unwrap();
    ProviderAccount {
        id: AccountId::parse(id).unwrap(),
        provider: ProviderId::parse("scripted").unwrap(),
        mode: AccountMode::Test,
        credential: secret("key-7Qz4"),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: secret("token-3Vn8"), previous: None },
        nmid: None,
        terms: AccountTerms::default(),
    }
}

pub(crate) fn charge(number: u128, method: Method) -> OpenCharge {
    let (order_code, charge) = (OrderCode::parse("TRX-1").unwrap(), ChargeId::new(Uuid::from_u128(number)));
    OpenCharge {
        charge,
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        method,
        amount: Money::from(33_000),
        expires_at: Timestamp::EPOCH.plus(Duration::from_hours(2)),
        description: None,
        customer_phone: (method == Method::Ovo).then(|| "+62811".to_owned()),
        card_token: None,
        return_urls: None,
        within: WITHIN,
    }
}

pub(crate) fn query(name: &str) -> Query {
    Query {
        charge_ref: Some(ProviderRef::parse(name).unwrap()),
        payment_refs: Vec::new(),
        our_reference: charge(1, Method::Qris).our_reference,
        created_at: Timestamp::EPOCH,
        was_paid: false,
    }
}

#[async_trait]
impl PaymentProvider for Shared {
    fn id(&self) -> ProviderId {
        self.0.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.0.capabilities(account, method)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.0.availability(account, method)
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.0.counted_under(query)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        self.0.open(account, charge).await
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        self.0.inquire(account, queries, within).await
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        self.0.cancel(account, charge).await
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        self.0.refund(account, refund).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        self.0.simulate(account, simulation).await
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        self.0.sweep(account, period, within).await
    }
}
