//! Where a payment can be opened: a provider, an account, and what they offer.

use std::sync::Arc;

use crate::account::ProviderAccount;
use crate::charge::{Charge, Opening, Risk};
use crate::gateway::create::{CreateError, CreatePayment};
use crate::gateway::{Gateway, Scope};
use crate::method::Method;
use crate::money::Money;
use crate::ports::{Capabilities, CardToken, IdempotencySupport, PaymentProvider, StoreError};
use crate::routing::{Because, Choice, LineUp, Nowhere, PassedOver, Standing, line_up, maker_of_token};
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

/// The routes that are asked, first first.
#[derive(Clone)]
pub(in crate::gateway) struct Asked {
    /// In this order; one at the least.
    pub(in crate::gateway) routes: Vec<Route>,
    /// Why the first of them is the first.
    pub(in crate::gateway) first: Choice,
}

/// Who is asked for that amount now, in the method's order.
pub(in crate::gateway) fn asked(
    routes: &[Route],
    amount: &Money,
    card_token: Option<&CardToken>,
) -> Result<Asked, Nowhere> {
    let standing = |route: &Route| {
        if is_known_to(route, routes, card_token) { route.standing(Some(amount)) } else { Standing::TokenOfAnother }
    };
    let LineUp { asked, passed_over } = line_up(routes.iter().map(|route| (route, standing(route))))?;
    let Some(first) = asked.first() else { return Err(Nowhere::NotOffered) };
    let because = match (first.standing(Some(amount)), routes.first()) {
        (Standing::OnTrial, _) => Because::OnTrial,
        (_, Some(foremost)) if !foremost.is(first) => Because::OthersPassedOver,
        (_, Some(_) | None) => Because::First,
    };
    let passed_over = passed_over.into_iter().map(|(route, standing)| PassedOver {
        provider: route.account.provider.clone(),
        account: route.account.id.clone(),
        standing,
    });
    let first = Choice { passed_over: passed_over.collect(), ..first.choice(because) };
    Ok(Asked { routes: asked.into_iter().cloned().collect(), first })
}

/// Whose a card's token would be; `None` where nobody takes any.
pub(in crate::gateway) fn maker_of(routes: &[Route]) -> Option<&Route> {
    maker_of_token(routes.iter().map(Route::takes_tokens)).and_then(|place| routes.get(place))
}

/// Whether a card's token, if there is one, is that provider's.
fn is_known_to(route: &Route, routes: &[Route], card_token: Option<&CardToken>) -> bool {
    card_token.and_then(|_| maker_of(routes)).is_none_or(|maker| maker.is(route))
}

/// The bound that is in an amount's way at every route, as the widest of them has it; `None` where a route takes it.
fn missed_bound(routes: &[&Route], amount: &Money) -> Option<CreateError> {
    let capabilities = || routes.iter().map(|route| &route.capabilities);
    if capabilities().any(|capabilities| capabilities.takes(amount)) {
        return None;
    }
    // One that lies between what two routes take has a minimum still before it.
    let minimum = capabilities().map(|capabilities| &capabilities.amount_min).filter(|minimum| amount < *minimum).min();
    let maximum = capabilities().map(|capabilities| &capabilities.amount_max).max()?;
    Some(match minimum.filter(|_| amount <= maximum) {
        Some(minimum) => CreateError::AmountBelowMinimum { minimum: minimum.clone() },
        None => CreateError::AmountAboveMaximum { maximum: maximum.clone() },
    })
}

impl Route {
    fn takes_tokens(&self) -> bool {
        self.capabilities.token_risk.is_some()
    }

    /// Whether a charge lies at this provider and account.
    pub(in crate::gateway) fn leads_to(&self, charge: &Charge) -> bool {
        self.account.provider == charge.provider && self.account.id == charge.account
    }

    /// How it stands now for an amount, or for any.
    pub(in crate::gateway) fn standing(&self, amount: Option<&Money>) -> Standing {
        Standing::of(&self.capabilities, self.provider.availability(&self.account, self.method), amount)
    }

    /// This route, for that reason.
    pub(in crate::gateway) fn choice(&self, because: Because) -> Choice {
        let ProviderAccount { provider, id, .. } = &self.account;
        Choice { provider: provider.clone(), account: id.clone(), because, passed_over: Vec::new() }
    }

    /// What an unanswered opening there means, with that token or without.
    pub(in crate::gateway) fn risk(&self, card_token: Option<&CardToken>) -> Risk {
        self.capabilities.risk_of(card_token.is_some())
    }

    /// Whether the intent to open that charge may be carried out once more, because its key is still honoured: nobody
    /// was shown anything yet, even if its id turned up meanwhile, and it can still be paid as far as is known.
    /// Never a push: whether it went out under a key is not on record, and what is offered today may not be what it
    /// was sent by.
    pub(in crate::gateway) fn may_repeat(&self, charge: &Charge, now: Timestamp) -> bool {
        let IdempotencySupport::Key { ttl } = self.capabilities.idempotency else { return false };
        let is_unseen = match charge.opening {
            Opening::Intended | Opening::Found { .. } => charge.state.is_open() && !charge.is_hidden(),
            Opening::Opened(_) | Opening::Unknown { .. } | Opening::Refused { .. } => false,
        };
        let is_displayed = charge.risk == Risk::Displayed;
        self.leads_to(charge) && is_unseen && is_displayed && now < charge.created_at.plus(ttl)
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

    /// The routes for a command's method, of which one at the least takes its amount.
    pub(in crate::gateway) async fn routes_for(&self, command: &CreatePayment) -> Result<Vec<Route>, CreateError> {
        let routes = self.routes(&command.scope, command.method).await?;
        let card_token = command.card_token.as_ref();
        let knowing: Vec<&Route> = routes.iter().filter(|route| is_known_to(route, &routes, card_token)).collect();
        if knowing.is_empty() {
            return Err(CreateError::MethodUnsupported { offered: self.offered(&command.scope).await? });
        }
        match missed_bound(&knowing, &command.amount) {
            Some(bound) => Err(bound),
            None => Ok(routes),
        }
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
