//! Whether we can serve, and how the providers are.

use std::sync::Arc;

use mstore_pay_domain::ports::StoreError;
use mstore_pay_outbound::{BreakerSnapshot, BreakerState, Layered};
use mstore_pay_xendit::Xendit;

use crate::observed::{Observed, word};
use crate::store::Store;

/// Xendit with everything before it.
pub(crate) type GuardedXendit = Observed<Layered<Xendit>>;

/// What `/readyz` looks at.
#[derive(Clone)]
pub(crate) struct Readiness {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) xendit: Arc<GuardedXendit>,
}

/// How one line to a provider stands.
pub(crate) struct LineState {
    pub(crate) account: String,
    pub(crate) operation: &'static str,
    pub(crate) method: Option<&'static str>,
    pub(crate) state: &'static str,
    /// 0 closed, 1 half open, 2 open.
    pub(crate) level: u8,
}

impl Readiness {
    /// Whether the store can serve.
    pub(crate) async fn store(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    /// How every line to Xendit stands that was ever used.
    pub(crate) fn lines(&self) -> Vec<LineState> {
        self.xendit.inner().inner().snapshot().iter().map(line_state).collect()
    }
}

fn line_state(snapshot: &BreakerSnapshot) -> LineState {
    let (state, level) = match snapshot.state {
        BreakerState::Closed => ("closed", 0),
        BreakerState::HalfOpen { .. } => ("half_open", 1),
        BreakerState::Open { .. } => ("open", 2),
    };
    LineState {
        account: snapshot.line.account.to_string(),
        operation: word(snapshot.line.operation),
        method: snapshot.line.method.map(mstore_pay_domain::method::Method::code),
        state,
        level,
    }
}
