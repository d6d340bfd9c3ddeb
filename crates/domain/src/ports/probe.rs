//! Points at which a fault programme may strike.

use async_trait::async_trait;

use super::StoreError;

/// A point between two steps that a crash must not pull apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrashPoint {
    /// The intent is committed, the provider has heard nothing.
    AfterIntentCommit,
    /// The provider is about to be called.
    BeforeCall,
    /// The provider answered, nothing of it is stored.
    AfterCallBeforeCommit,
    /// The answer is stored, the client has heard nothing.
    AfterCommitBeforeReply,
    /// A webhook is proven authentic, nothing of it is stored.
    WebhookAfterVerify,
    /// A webhook is stored, the provider has heard nothing.
    WebhookAfterInsertBeforeAck,
    /// A worker took something up.
    WorkerAfterLease,
    /// A worker's result is committed, its round is not over.
    WorkerAfterApplyBeforeDone,
    /// The provider told where a charge stands, nothing of it is stored.
    ReconcileAfterLookup,
    /// A part of a till's batch is taken in, the rest is not.
    SyncMidBatch,
}

impl CrashPoint {
    /// Every point.
    pub const ALL: [Self; 10] = [
        Self::AfterIntentCommit,
        Self::BeforeCall,
        Self::AfterCallBeforeCommit,
        Self::AfterCommitBeforeReply,
        Self::WebhookAfterVerify,
        Self::WebhookAfterInsertBeforeAck,
        Self::WorkerAfterLease,
        Self::WorkerAfterApplyBeforeDone,
        Self::ReconcileAfterLookup,
        Self::SyncMidBatch,
    ];

    /// Its name, for configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AfterIntentCommit => "after_intent_commit",
            Self::BeforeCall => "before_call",
            Self::AfterCallBeforeCommit => "after_call_before_commit",
            Self::AfterCommitBeforeReply => "after_commit_before_reply",
            Self::WebhookAfterVerify => "webhook_after_verify",
            Self::WebhookAfterInsertBeforeAck => "webhook_after_insert_before_ack",
            Self::WorkerAfterLease => "worker_after_lease",
            Self::WorkerAfterApplyBeforeDone => "worker_after_apply_before_done",
            Self::ReconcileAfterLookup => "reconcile_after_lookup",
            Self::SyncMidBatch => "sync_mid_batch",
        }
    }
}

/// Where a fault programme hooks in; in production it does nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Probe: Send + Sync {
    /// The work has come to that point.
    ///
    /// # Errors
    /// [`StoreError`] if the programme wants the work to end here.
    async fn reach(&self, point: CrashPoint) -> Result<(), StoreError> {
        self.reach_with(point, &[]).await
    }

    /// The work has come to that point with these bytes in hand, by which a programme may pick what it strikes.
    ///
    /// # Errors
    /// As [`reach`](Self::reach).
    async fn reach_with(&self, point: CrashPoint, in_hand: &[u8]) -> Result<(), StoreError>;
}

/// The probe of production: nothing strikes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProbe;

#[async_trait]
impl Probe for NoProbe {
    async fn reach_with(&self, _point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }
}
