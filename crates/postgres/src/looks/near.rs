//! Looks at payments by connections of the runtime that asks.

use std::sync::Arc;

use mstore_pay_domain::ports::PaymentInOrder;

use super::{AtPayment, CONNECTIONS_OWN, Looks};
use crate::errors::Fault;
use crate::near::{Near, Own};

/// Where payments are looked at.
pub(crate) struct NearLooks {
    shared: Looks<AtPayment>,
    near: Near<Looks<AtPayment>>,
}

impl NearLooks {
    /// To be called within the runtime that most of the store's work is done in.
    pub(super) fn new(shared: Looks<AtPayment>, own: Own) -> Self {
        Self { shared, near: Near::new(own.of_readers()) }
    }

    /// Looks, along with others of the same runtime if there are any.
    pub(crate) async fn look(&self, look: AtPayment) -> Result<Option<Box<PaymentInOrder>>, Fault> {
        let wait_max = self.shared.wait_max;
        let near = self.near.here(|own| Ok(Looks::new(&Arc::new(own.sessions(CONNECTIONS_OWN)?), wait_max)));
        match near {
            Some((_here, near)) => near.look(look).await,
            None => self.shared.look(look).await,
        }
    }
}
