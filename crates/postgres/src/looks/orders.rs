//! Looks at orders.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::order::Order;
use mstore_pay_domain::ports::OrderWithPayments;

use super::{Look, handed_out};
use crate::errors::Fault;
use crate::read;

/// A look at a merchant's order, without its payments.
#[derive(Clone)]
pub(crate) struct AtOrder {
    pub(crate) merchant: MerchantId,
    pub(crate) code: OrderCode,
}

impl Look for AtOrder {
    type Found = Option<Order>;

    const KIND: &'static str = "looks at orders";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        Ok(read::orders(conn, &[(&self.merchant, &self.code)]).await?.pop())
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let named: Vec<_> = looks.iter().map(|look| (&look.merchant, &look.code)).collect();
        let found = read::orders(conn, &named).await?;
        Ok(handed_out(looks, found, |look, order| order.merchant == look.merchant && order.code == look.code))
    }
}

/// A look at a merchant's order with every payment of it.
#[derive(Clone)]
pub(crate) struct AtWholeOrder(pub(crate) AtOrder);

impl Look for AtWholeOrder {
    type Found = OrderWithPayments;

    const KIND: &'static str = "looks at whole orders";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        let Self(AtOrder { merchant, code }) = self;
        Ok(read::orders_with_payments(conn, &[(merchant, code)]).await?.pop().unwrap_or_default())
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let named: Vec<_> = looks.iter().map(|Self(look)| (&look.merchant, &look.code)).collect();
        read::orders_with_payments(conn, &named).await
    }
}
