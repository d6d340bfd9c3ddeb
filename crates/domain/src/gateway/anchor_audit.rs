//! Anchor the audit trail: once a day, the heads of all chains that moved.

use super::Gateway;
use crate::audit::AuditHead;
use crate::audit_trail::AuditTrail;
use crate::ports::StoreError;

impl Gateway {
    /// Puts today's anchor on record unless it is there; how far the anchors go if one was written. Cheap
    /// on all other calls of the day.
    ///
    /// # Errors
    /// [`StoreError`]: what is not anchored yet is the next time.
    pub async fn anchor_audit(&self) -> Result<Option<AuditHead>, StoreError> {
        let trail = AuditTrail::new(self.ports.timeline.clone(), self.ports.anchors.clone());
        trail.anchor_the_day(self.ports.clock.now()).await
    }
}
