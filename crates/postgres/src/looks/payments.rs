//! Looks at payments.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::{PaymentInOrder, PaymentName};

use super::{Look, handed_out};
use crate::errors::Fault;
use crate::read;

/// A look at a merchant's payment of a name.
#[derive(Clone)]
pub(crate) struct AtPayment {
    pub(crate) merchant: MerchantId,
    pub(crate) name: PaymentName,
}

impl AtPayment {
    fn means(&self, found: &PaymentInOrder) -> bool {
        self.name.means(&found.payment) && found.payment.merchant == self.merchant
    }
}

impl Look for AtPayment {
    type Found = Option<Box<PaymentInOrder>>;

    const KIND: &'static str = "looks at payments";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        Ok(read::payment_in_order(conn, &self.merchant, &self.name).await?.map(Box::new))
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let named: Vec<_> = looks.iter().map(|look| (&look.merchant, &look.name)).collect();
        let found = read::payments_in_order(conn, &named).await?;
        let boxed = found.into_iter().map(Box::new).collect();
        Ok(handed_out(looks, boxed, |look, found| look.means(found)))
    }
}
