//! Looks at payments.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::{PaymentInOrder, PaymentName};
use mstore_pay_tables::rows::PaymentState;

use super::known::Known;
use super::{Look, handed_out};
use crate::errors::Fault;
use crate::read::{self, Standing};

/// A look at a merchant's payment of a name.
#[derive(Clone)]
pub(crate) struct AtPayment {
    pub(crate) merchant: MerchantId,
    pub(crate) name: PaymentName,
    /// What is known of it: it is read whole where it is in another state.
    pub(crate) known: Option<Arc<Known>>,
}

impl AtPayment {
    fn means(&self, found: &PaymentInOrder) -> bool {
        self.name.means(&found.payment) && found.payment.merchant == self.merchant
    }

    /// How those stand that are known.
    async fn standing(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Standing>, Fault> {
        let known = looks.iter().filter(|look| look.known.is_some());
        let named: Vec<_> = known.map(|look| (&look.merchant, &look.name)).collect();
        if named.is_empty() { Ok(Vec::new()) } else { read::standing(conn, &named).await }
    }
}

/// What is found of payments that are known, where they are in the state in which they are known.
fn as_known(looks: &[AtPayment], standing: Vec<Standing>) -> Vec<PaymentInOrder> {
    let known = || looks.iter().filter_map(|look| look.known.as_deref());
    let found = standing.into_iter().filter_map(|Standing { state, order, paid_by }| {
        let payment = known().find(|known| known.is_in(&state))?.with(state.checks);
        Some(PaymentInOrder { payment, order, paid_by })
    });
    found.collect()
}

impl Look for AtPayment {
    type Found = Option<Box<PaymentInOrder>>;

    const KIND: &'static str = "looks at payments";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        Ok(read::payment_in_order(conn, &self.merchant, &self.name).await?.map(Box::new))
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let standing = Self::standing(conn, looks).await?;
        let is_known = |state: &PaymentState| {
            looks.iter().filter_map(|look| look.known.as_deref()).any(|known| known.id() == state.payment)
        };
        // A provider's id led to a payment beside the one that is known by it: which is the oldest is to be seen.
        let is_any_strange = standing.iter().any(|standing| !is_known(&standing.state));
        let mut found = as_known(looks, standing);
        let is_missing = |look: &&Self| {
            let is_its = |known: &Known| found.iter().any(|found| known.is_as(&found.payment));
            let by_provider = matches!(look.name, PaymentName::ProviderRef(_));
            !look.known.as_deref().is_some_and(is_its) || (is_any_strange && by_provider)
        };
        let missing: Vec<_> = looks.iter().filter(is_missing).map(|look| (&look.merchant, &look.name)).collect();
        if !missing.is_empty() {
            found.extend(read::payments_in_order(conn, &missing).await?);
            found.sort_by_key(|found| (found.payment.created_at, found.payment.id));
        }
        let boxed = found.into_iter().map(Box::new).collect();
        Ok(handed_out(looks, boxed, |look, found| look.means(found)))
    }
}
