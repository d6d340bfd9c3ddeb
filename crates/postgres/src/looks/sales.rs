//! Looks at what is on record before something is sold: mostly nothing.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ports::BeforeSale;

use super::{AtOrder, Look};
use crate::errors::Fault;
use crate::read;

/// A look at a merchant's order with every payment of it, and at a key.
#[derive(Clone)]
pub(crate) struct AtSale {
    pub(crate) order: AtOrder,
    pub(crate) slot: Option<IdempotencySlot>,
}

impl Look for AtSale {
    type Found = BeforeSale;

    const KIND: &'static str = "looks before sales";
    /// One takes as long as a few of them: the next is filled meanwhile, and each more would be of fewer.
    const STATEMENTS_MAX: usize = 1;

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        let one = std::slice::from_ref(self);
        Ok(Self::together(conn, one).await?.pop().unwrap_or_default())
    }

    /// One statement tells of which there is anything; these alone are read.
    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let asked: Vec<_> =
            looks.iter().map(|AtSale { order, slot }| (&order.merchant, &order.code, slot.as_ref())).collect();
        let is_known = read::are_known(conn, &asked).await?;
        let known: Vec<_> =
            asked.iter().zip(&is_known).filter(|(_, is_known)| **is_known).map(|(one, _)| *one).collect();
        let mut read = read::before_sales(conn, &known).await?.into_iter();
        let found = is_known.into_iter().map(|is_known| is_known.then(|| read.next()).flatten().unwrap_or_default());
        Ok(found.collect())
    }
}
