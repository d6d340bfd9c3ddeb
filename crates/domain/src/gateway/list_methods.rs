//! List methods: how a customer can pay, now and for that amount.

use std::time::Duration;

use super::open::{Route, maker_of};
use super::{Gateway, Scope};
use crate::charge::Risk;
use crate::ids::ProviderId;
use crate::method::Method;
use crate::money::Money;
use crate::ports::{Availability, StoreError};
use crate::routing::{Nowhere, line_up};

/// A method that the merchant's accounts offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodOffer {
    /// The method.
    pub method: Method,
    /// Least amount, at whichever provider takes the least.
    pub amount_min: Money,
    /// Largest amount, at whichever provider takes the most.
    pub amount_max: Money,
    /// Whether it needs the customer's phone, to which a request is pushed.
    pub needs_phone: bool,
    /// Whose token it takes for a card, so that no page is opened, if anybody's.
    pub card_token_of: Option<ProviderId>,
    /// Whether a payment by it could be opened now.
    pub usability: Usability,
    /// Where it would be opened, first first.
    pub providers: Vec<ProviderOffer>,
}

/// A provider that offers a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOffer {
    /// Which.
    pub provider: ProviderId,
    /// Whether an opening would be sent now.
    pub availability: Availability,
}

/// Whether a payment could be opened now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    /// It could.
    Usable,
    /// The amount is below what any provider takes.
    AmountBelowMinimum,
    /// The amount is above what any provider takes.
    AmountAboveMaximum,
    /// Every provider that takes the amount has not been answering.
    Resting {
        /// When that may be over.
        retry_after: Duration,
    },
}

impl Gateway {
    /// The methods that are offered in that scope, in the order in which they are shown; without an amount
    /// every amount is taken to fit.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    pub async fn list_methods(&self, scope: &Scope, amount: Option<&Money>) -> Result<Vec<MethodOffer>, StoreError> {
        let mut offers = Vec::new();
        for method in Method::ALL {
            let routes = self.routes(scope, method).await?;
            offers.extend(offer(method, &routes, amount));
        }
        Ok(offers)
    }
}

fn offer(method: Method, routes: &[Route], amount: Option<&Money>) -> Option<MethodOffer> {
    let capabilities = || routes.iter().map(|route| &route.capabilities);
    let amount_min = capabilities().map(|capabilities| &capabilities.amount_min).min()?.clone();
    let amount_max = capabilities().map(|capabilities| &capabilities.amount_max).max()?.clone();
    let provider = |route: &Route| ProviderOffer {
        provider: route.account.provider.clone(),
        availability: route.provider.availability(&route.account, method),
    };
    Some(MethodOffer {
        method,
        needs_phone: capabilities().any(|capabilities| capabilities.risk == Risk::Pushed),
        card_token_of: maker_of(routes).map(|route| route.account.provider.clone()),
        usability: usability(routes, amount, &amount_min),
        providers: routes.iter().map(provider).collect(),
        amount_min,
        amount_max,
    })
}

fn usability(routes: &[Route], amount: Option<&Money>, amount_min: &Money) -> Usability {
    match line_up(routes.iter().map(|route| (route, route.standing(amount)))) {
        Ok(_) => Usability::Usable,
        Err(Nowhere::Resting { retry_after }) => Usability::Resting { retry_after },
        Err(_unfit) if amount.is_some_and(|amount| amount < amount_min) => Usability::AmountBelowMinimum,
        Err(_unfit) => Usability::AmountAboveMaximum,
    }
}
