//! What an account may be used for: less than the provider offers, never more.

use std::collections::{BTreeMap, BTreeSet};

use crate::method::Method;
use crate::money::Money;
use crate::ports::Capabilities;

/// The amounts that an account takes by one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountLimits {
    /// Least amount.
    pub min: Money,
    /// Largest amount.
    pub max: Money,
}

/// What the shop agreed on with its provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountTerms {
    /// The methods that are open to it; `None`: all that the provider offers.
    pub methods: Option<BTreeSet<Method>>,
    /// Narrower limits of a method.
    pub limits: BTreeMap<Method, AmountLimits>,
}

impl AccountTerms {
    /// What is left of a provider's capabilities; `None` where the method is not open to the account.
    #[must_use]
    pub fn narrow(&self, method: Method, mut capabilities: Capabilities) -> Option<Capabilities> {
        if self.methods.as_ref().is_some_and(|methods| !methods.contains(&method)) {
            return None;
        }
        if let Some(limits) = self.limits.get(&method) {
            capabilities.amount_min = capabilities.amount_min.max(limits.min.clone());
            capabilities.amount_max = capabilities.amount_max.min(limits.max.clone());
        }
        Some(capabilities)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::charge::Risk;
    use crate::ports::{IdempotencySupport, LookupSupport};

    fn offered() -> Capabilities {
        Capabilities {
            amount_min: Money::from(1_500),
            amount_max: Money::from(10_000_000),
            risk: Risk::Displayed,
            token_risk: None,
            lookup: LookupSupport::None,
            idempotency: IdempotencySupport::None,
            cancel: true,
            refund: true,
            expiry_default: Duration::from_mins(5),
            expiry_min: Duration::from_mins(1),
            expiry_max: Duration::from_hours(1),
            natural_life: None,
        }
    }

    #[track_caller]
    fn check(terms: &AccountTerms, method: Method, want: Option<(i64, i64)>) {
        let left = terms.narrow(method, offered());
        let limits = left.map(|left| (left.amount_min.minor_units() / 100, left.amount_max.minor_units() / 100));
        assert_eq!(limits, want, "{method}");
    }

    #[test]
    fn terms_take_away_and_never_add() {
        check(&AccountTerms::default(), Method::Qris, Some((1_500, 10_000_000)));
        let limits = |min: u32, max: u32| AmountLimits { min: Money::from(min), max: Money::from(max) };
        let terms = AccountTerms {
            methods: Some(BTreeSet::from([Method::Qris, Method::Gopay])),
            limits: BTreeMap::from([(Method::Qris, limits(2_000, 500_000)), (Method::Gopay, limits(1, 20_000_000))]),
        };
        check(&terms, Method::Qris, Some((2_000, 500_000)));
        check(&terms, Method::Gopay, Some((1_500, 10_000_000)));
        check(&terms, Method::Dana, None);
    }
}
