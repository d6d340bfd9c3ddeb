//! The bearer of a verified token.

use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::UserId;

use super::Rights;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Whose payments they see.
    pub(crate) scope: Scope,
    /// Their name for the record.
    pub(crate) user: UserId,
    /// What they may do.
    pub(crate) rights: Rights,
}

impl Caller {
    /// Them, for the audit trail.
    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user.clone())
    }
}
