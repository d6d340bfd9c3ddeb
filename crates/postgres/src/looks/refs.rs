//! Looks at what a provider's ids mean.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::ids::{AccountId, ProviderId, ProviderRef};
use mstore_pay_domain::ports::{OrderWithPayments, StoreError};
use thiserror::Error;

use super::Look;
use crate::errors::Fault;
use crate::read;

/// A look at the orders of all payments of which a charge, or a receipt on it, carries one of those ids at an account.
#[derive(Clone)]
pub(crate) struct AtAccountRefs {
    pub(crate) provider: ProviderId,
    pub(crate) account: AccountId,
    pub(crate) refs: Vec<ProviderRef>,
}

impl AtAccountRefs {
    /// Ids that a look with others is for at the most: whoever has more of them, out of a list, keeps nobody waiting.
    pub(crate) const IDS_TOGETHER_MAX: usize = 8;

    fn means(&self, order: &OrderWithPayments) -> bool {
        let names = |charge: &Charge| {
            let is_there = charge.provider == self.provider && charge.account == self.account;
            is_there && charge.provider_refs().any(|id| self.refs.contains(id))
        };
        order.payments.iter().flat_map(|payment| &payment.charges).any(names)
    }
}

impl Look for AtAccountRefs {
    type Found = Vec<OrderWithPayments>;

    const KIND: &'static str = "looks at provider's ids";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        read::by_account_refs(conn, &[(&self.provider, &self.account, &self.refs)]).await
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let named: Vec<_> = looks.iter().map(|look| (&look.provider, &look.account, look.refs.as_slice())).collect();
        let (shared, left) = shared_out(looks, read::by_account_refs(conn, &named).await?);
        // What a row says that does not fit the rest of its payment, found by it and not by the payment: each asks for itself.
        if left.is_empty() { Ok(shared) } else { Err(StoreError::query(NobodyMeans).into()) }
    }
}

/// Why several looks are not answered together.
#[derive(Debug, Error)]
#[error("could not tell who asked for an order that was found")]
struct NobodyMeans;

/// What each look means of what all of them found, and what none of them does. Whoever means an order last is handed it, and
/// those before a copy.
fn shared_out(
    looks: &[AtAccountRefs],
    mut found: Vec<OrderWithPayments>,
) -> (Vec<Vec<OrderWithPayments>>, Vec<OrderWithPayments>) {
    let mut shared = Vec::with_capacity(looks.len());
    let mut rest = looks;
    while let Some((look, later)) = rest.split_first() {
        let (meant, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|order| look.means(order));
        found = others;
        found.extend(meant.iter().filter(|order| later.iter().any(|look| look.means(order))).cloned());
        shared.push(meant);
        rest = later;
    }
    (shared, found)
}
