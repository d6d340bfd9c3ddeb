//! Looks at payments.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::{PaymentInOrder, PaymentName};

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

    /// Those that are known and in the state in which they are known.
    async fn as_known(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Box<PaymentInOrder>>, Fault> {
        let known = || looks.iter().filter_map(|look| look.known.as_deref());
        let named = looks.iter().filter(|look| look.known.is_some()).map(|look| (&look.merchant, &look.name));
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let standing = read::standing(conn, &named).await?;
        let found = standing.into_iter().filter_map(|Standing { state, order, paid_by }| {
            let payment = known().find(|known| known.is_in(&state))?.with(state.checks);
            Some(Box::new(PaymentInOrder { payment, order, paid_by }))
        });
        Ok(found.collect())
    }
}

impl Look for AtPayment {
    type Found = Option<Box<PaymentInOrder>>;

    const KIND: &'static str = "looks at payments";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        Ok(read::payment_in_order(conn, &self.merchant, &self.name).await?.map(Box::new))
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let mut found = Self::as_known(conn, looks).await?;
        let is_missing = |look: &&Self| !found.iter().any(|found| look.means(found));
        let missing: Vec<_> = looks.iter().filter(is_missing).map(|look| (&look.merchant, &look.name)).collect();
        if !missing.is_empty() {
            found.extend(read::payments_in_order(conn, &missing).await?.into_iter().map(Box::new));
        }
        Ok(handed_out(looks, found, |look, found| look.means(found)))
    }
}
