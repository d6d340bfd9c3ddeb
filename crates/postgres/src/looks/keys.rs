//! Looks at idempotency keys.

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot};

use super::{Look, handed_out};
use crate::errors::Fault;
use crate::read;

/// A look at what a key stands for.
#[derive(Clone)]
pub(crate) struct AtKey(pub(crate) IdempotencySlot);

impl Look for AtKey {
    type Found = Option<IdempotencyRecord>;

    const KIND: &'static str = "looks at keys";

    async fn alone(&self, conn: &mut AsyncPgConnection) -> Result<Self::Found, Fault> {
        Ok(read::keys(conn, &[&self.0]).await?.pop())
    }

    async fn together(conn: &mut AsyncPgConnection, looks: &[Self]) -> Result<Vec<Self::Found>, Fault> {
        let slots: Vec<&IdempotencySlot> = looks.iter().map(|Self(slot)| slot).collect();
        let found = read::keys(conn, &slots).await?;
        Ok(handed_out(looks, found, |Self(slot), record| record.slot == *slot))
    }
}
