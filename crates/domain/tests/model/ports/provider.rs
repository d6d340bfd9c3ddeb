//! The provider: a call may be lost on the way there or back.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::ids::{ChargeId, ProviderId};
use mstore_pay_domain::memory::ScriptedProvider;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Endpoint, OpenCharge, OpenedCharge,
    Operation, PaymentProvider, Period, ProviderError, ProviderErrorKind, Query, RefundCharge, RefundOutcome,
    Simulation, Sweep,
};

use crate::gate::{Fate, Gate, Stop};
use crate::guards::{Guard, Guards};

/// What was opened before its intent was committed, where that guard is missing.
pub(crate) type CalledFirst = Arc<Mutex<BTreeMap<ChargeId, Result<OpenedCharge, ProviderError>>>>;

pub(crate) struct GatedProvider {
    pub(crate) inner: Arc<ScriptedProvider>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) guards: Guards,
    pub(crate) called_first: CalledFirst,
}

impl GatedProvider {
    fn error(&self, operation: Operation, kind: ProviderErrorKind, certainty: Certainty) -> ProviderError {
        ProviderError::new(self.inner.id(), operation, kind, certainty)
    }

    async fn before<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let fate = self.gate.stop(Stop::Call(operation)).await;
        self.go(fate, operation, call).await
    }

    /// An opening, the answer to which may tell an id and fit otherwise not.
    async fn before_opening(
        &self,
        call: impl Future<Output = Result<OpenedCharge, ProviderError>> + Send,
    ) -> Result<OpenedCharge, ProviderError> {
        match self.gate.stop(Stop::Call(Operation::Open)).await {
            Fate::Misfit => {
                let told = call.await?.provider_ref;
                Err(self.error(Operation::Open, ProviderErrorKind::Malformed, Certainty::Unknown).telling(Some(told)))
            }
            fate @ (Fate::Well | Fate::Refused | Fate::LostBefore | Fate::LostAfter) => {
                self.go(fate, Operation::Open, call).await
            }
        }
    }

    async fn go<T>(
        &self,
        fate: Fate,
        operation: Operation,
        call: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let lost = || self.error(operation, ProviderErrorKind::TimedOut, Certainty::Unknown);
        match fate {
            Fate::Well => call.await,
            Fate::Refused => Err(self.error(operation, ProviderErrorKind::Unavailable, Certainty::NotApplied)),
            Fate::LostBefore => Err(lost()),
            Fate::LostAfter | Fate::Misfit => call.await.and(Err(lost())),
        }
    }
}

#[async_trait]
impl PaymentProvider for GatedProvider {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        let offered = self.inner.capabilities(account, method)?;
        let risk = if self.guards.stands(Guard::Failover) { offered.risk } else { Risk::Displayed };
        Some(Capabilities { risk, ..offered })
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.inner.availability(account, method)
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.inner.counted_under(query)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        let called_first = self.called_first.lock().unwrap().remove(&charge.charge);
        if let Some(answer) = called_first {
            return answer;
        }
        let answer = self.before_opening(self.inner.open(account, charge)).await;
        self.gate.stop(Stop::Answer(Operation::Open)).await;
        answer
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let ask = async { Ok(self.inner.inquire(account, queries, within).await) };
        let mut answers = match self.before(Operation::Inquire, ask).await {
            Ok(answers) => answers,
            Err(error) => return vec![Err(error)],
        };
        if !self.guards.stands(Guard::Amount) {
            for snapshot in answers.iter_mut().flatten() {
                let asked = snapshot.asked.clone();
                for (receipt, asked) in snapshot.receipts.iter_mut().zip(asked.iter().cycle()) {
                    receipt.money = asked.clone();
                }
            }
        }
        answers
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        self.before(Operation::Cancel, self.inner.cancel(account, charge)).await
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        self.inner.refund(account, refund).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        self.inner.simulate(account, simulation).await
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        self.before(Operation::Sweep, self.inner.sweep(account, period, within)).await
    }
}
