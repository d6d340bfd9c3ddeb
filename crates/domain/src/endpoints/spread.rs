//! Spread what happened over the endpoints that are to hear of it, before the feed is told.

use std::sync::Arc;

use async_trait::async_trait;

use super::EventTeller;
use crate::event::OutboxMessage;
use crate::ids::MerchantId;
use crate::ports::{Dispatches, EventPublisher, PublishError, StoreError};

/// Messages that are spread at once for each endpoint.
const MESSAGES_AT_ONCE: u32 = 500;
/// Merchants that are looked after in one go.
const MERCHANTS_AT_ONCE: u32 = 100;

/// A publisher before whom every message of its merchant is on its way to the merchant's endpoints.
///
/// Whichever message comes first takes those before it along, so that endpoints hear in the order of the feed, and none
/// waits for a message that the ledger has not taken yet.
pub struct SpreadingPublisher {
    dispatches: Arc<dyn Dispatches>,
    then: Arc<dyn EventPublisher>,
}

impl SpreadingPublisher {
    /// Spreads, then hands on.
    #[must_use]
    pub fn new(dispatches: Arc<dyn Dispatches>, then: Arc<dyn EventPublisher>) -> Self {
        Self { dispatches, then }
    }
}

#[async_trait]
impl EventPublisher for SpreadingPublisher {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        let spread = spread_all(&*self.dispatches, &message.merchant).await;
        spread.map_err(|error| PublishError { source: Box::new(error) })?;
        self.then.publish(message).await
    }
}

impl EventTeller {
    /// Spreads what nobody spread: a gateway of a version that knows no endpoints publishes without, in a rolling
    /// update, and one that enables an endpoint may die before it spreads what was missed. How many merchants that was
    /// done for.
    ///
    /// # Errors
    /// [`StoreError`]: what was not spread yet is the next time.
    pub async fn spread_missed(&self) -> Result<usize, StoreError> {
        let merchants = self.dispatches.unspread(MERCHANTS_AT_ONCE).await?;
        for merchant in &merchants {
            spread_all(&*self.dispatches, merchant).await?;
        }
        Ok(merchants.len())
    }
}

/// Spreads everything that a merchant's endpoints have not been told yet.
pub(super) async fn spread_all(dispatches: &dyn Dispatches, merchant: &MerchantId) -> Result<(), StoreError> {
    while dispatches.spread(merchant, MESSAGES_AT_ONCE).await? {}
    Ok(())
}
