//! A feed that keeps what was published.

use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::event::OutboxMessage;
use crate::ports::{EventPublisher, PublishError};

/// Keeps every message; can be told to refuse the next ones.
#[derive(Debug, Default)]
pub struct MemoryFeed {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    published: Vec<OutboxMessage>,
    refusals: u32,
}

impl MemoryFeed {
    /// What was published so far, oldest first; what was published twice is there twice.
    #[must_use]
    pub fn published(&self) -> Vec<OutboxMessage> {
        lock(&self.state).published.clone()
    }

    /// Has the next `count` messages refused.
    pub fn refuse_next(&self, count: u32) {
        lock(&self.state).refusals = count;
    }
}

#[async_trait]
impl EventPublisher for MemoryFeed {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        let mut state = lock(&self.state);
        if let Some(left) = state.refusals.checked_sub(1) {
            state.refusals = left;
            return Err(PublishError { source: "the feed was told to refuse".into() });
        }
        state.published.push(message.clone());
        Ok(())
    }
}
