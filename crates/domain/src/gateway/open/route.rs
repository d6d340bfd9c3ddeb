//! Where a payment can be opened: a provider, an account, and what they offer.

use std::sync::Arc;
use std::time::Duration;

use crate::account::ProviderAccount;
use crate::charge::{Charge, Opening, Risk};
use crate::gateway::create::{CreateError, CreatePayment};
use crate::gateway::{Gateway, Scope};
use crate::method::Method;
use crate::ports::{Availability, Capabilities, CardToken, IdempotencySupport, PaymentProvider, StoreError};
use crate::time::Timestamp;

/// A provider and account that offer a method.
#[derive(Clone)]
pub(in crate::gateway) struct Route {
    /// The provider.
    pub(in crate::gateway) provider: Arc<dyn PaymentProvider>,
    /// The merchant's account there.
    pub(in crate::gateway) account: ProviderAccount,
    /// The method.
    pub(in crate::gateway) method: Method,
    /// What they offer.
    pub(in crate::gateway) capabilities: Capabilities,
}

/// No route would send an opening now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) struct AllResting {
    /// When the first of them may again.
    pub(in crate::gateway) retry_after: Duration,
}

/// The routes that would send an opening now, in their order.
pub(in crate::gateway) fn ready(routes: &[Route]) -> Result<Vec<Route>, AllResting> {
    let mut ready = Vec::new();
    let mut retry_after = None;
    for route in routes {
        match route.provider.availability(&route.account, route.method) {
            Availability::Ready => ready.push(route.clone()),
            Availability::Resting { retry_after: pause } => {
                retry_after = Some(retry_after.map_or(pause, |known: Duration| known.min(pause)));
            }
        }
    }
    match retry_after {
        Some(retry_after) if ready.is_empty() => Err(AllResting { retry_after }),
        Some(_) | None => Ok(ready),
    }
}

impl Route {
    /// Whether a charge lies at this provider and account.
    pub(in crate::gateway) fn leads_to(&self, charge: &Charge) -> bool {
        self.account.provider == charge.provider && self.account.id == charge.account
    }

    /// What an unanswered opening there means, with that token or without.
    pub(in crate::gateway) fn risk(&self, card_token: Option<&CardToken>) -> Risk {
        self.capabilities.risk_of(card_token.is_some())
    }

    /// Whether the intent to open that charge may be carried out once more, because its key is still honoured.
    /// Never a push: whether it went out under a key is not on record, and what is offered today may not be what it
    /// was sent by.
    pub(in crate::gateway) fn may_repeat(&self, charge: &Charge, now: Timestamp) -> bool {
        let IdempotencySupport::Key { ttl } = self.capabilities.idempotency else { return false };
        let is_intent = charge.opening == Opening::Intended && !charge.is_hidden();
        let is_displayed = charge.risk == Risk::Displayed;
        self.leads_to(charge) && is_intent && is_displayed && now < charge.created_at.plus(ttl)
    }

    /// Whether it is the same route.
    pub(in crate::gateway) fn is(&self, other: &Self) -> bool {
        self.account.provider == other.account.provider && self.account.id == other.account.id
    }
}

impl Gateway {
    /// Where a merchant can open a method, first first.
    pub(in crate::gateway) async fn routes(&self, scope: &Scope, method: Method) -> Result<Vec<Route>, StoreError> {
        let mut routes = Vec::new();
        for provider in self.providers_for(method) {
            let account = self.ports.accounts.for_merchant(&provider.id(), &scope.merchant, &scope.branch).await?;
            let Some(account) = account else { continue };
            let offered = provider.capabilities(&account, method);
            if let Some(capabilities) = offered.and_then(|offered| account.terms.narrow(method, offered)) {
                routes.push(Route { provider: Arc::clone(provider), account, method, capabilities });
            }
        }
        Ok(routes)
    }

    /// The routes that take a command's method and amount.
    pub(in crate::gateway) async fn routes_for(&self, command: &CreatePayment) -> Result<Vec<Route>, CreateError> {
        let mut routes = self.routes(&command.scope, command.method).await?;
        let Some(first) = routes.first().map(|route| route.capabilities.clone()) else {
            return Err(CreateError::MethodUnsupported { offered: self.offered(&command.scope).await? });
        };
        routes.retain(|route| route.capabilities.takes(&command.amount));
        if routes.is_empty() {
            return Err(if command.amount < first.amount_min {
                CreateError::AmountBelowMinimum { minimum: first.amount_min }
            } else {
                CreateError::AmountAboveMaximum { maximum: first.amount_max }
            });
        }
        Ok(routes)
    }

    async fn offered(&self, scope: &Scope) -> Result<Vec<Method>, StoreError> {
        let mut offered = Vec::new();
        for method in Method::ALL {
            if !self.routes(scope, method).await?.is_empty() {
                offered.push(method);
            }
        }
        Ok(offered)
    }
}
