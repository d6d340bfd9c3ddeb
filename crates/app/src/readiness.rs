//! Whether we can serve, and how the providers are.

use std::sync::Arc;

use mstore_pay_domain::ports::StoreError;
use mstore_pay_midtrans::{Midtrans, MidtransConfig};
use mstore_pay_outbound::{BreakerSnapshot, BreakerState, Layered};
use mstore_pay_xendit::{Xendit, XenditConfig};

use crate::observed::{Observed, word};
use crate::store::Store;

/// The level of a line that lets nothing through.
const OPEN: u8 = 2;

/// Xendit with everything before it.
pub(crate) type GuardedXendit = Observed<Layered<Xendit>>;

/// Midtrans with everything before it.
pub(crate) type GuardedMidtrans = Observed<Layered<Midtrans>>;

/// What `/readyz` looks at.
#[derive(Clone)]
pub(crate) struct Readiness {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) xendit: Arc<GuardedXendit>,
    /// None where it takes no part.
    pub(crate) midtrans: Option<Arc<GuardedMidtrans>>,
}

/// How one line to a provider stands.
pub(crate) struct LineState {
    pub(crate) provider: &'static str,
    pub(crate) account: String,
    pub(crate) operation: &'static str,
    pub(crate) method: Option<&'static str>,
    pub(crate) state: &'static str,
    /// 0 closed, 1 half open, 2 open.
    pub(crate) level: u8,
}

impl LineState {
    /// Whether nothing is let through.
    pub(crate) const fn is_open(&self) -> bool {
        self.level == OPEN
    }
}

impl Readiness {
    /// The providers that take part.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(XenditConfig::ID).chain(self.midtrans.iter().map(|_| MidtransConfig::ID))
    }

    /// Whether the store can serve.
    pub(crate) async fn store(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    /// How every line to a provider stands that was ever used.
    pub(crate) fn lines(&self) -> Vec<LineState> {
        let xendit = self.xendit.inner().inner().inner().snapshot();
        let midtrans =
            self.midtrans.as_ref().map(|midtrans| midtrans.inner().inner().inner().snapshot()).unwrap_or_default();
        let of_xendit = xendit.iter().map(|line| line_state(XenditConfig::ID, line));
        of_xendit.chain(midtrans.iter().map(|line| line_state(MidtransConfig::ID, line))).collect()
    }
}

fn line_state(provider: &'static str, snapshot: &BreakerSnapshot) -> LineState {
    let (state, level) = match snapshot.state {
        BreakerState::Closed => ("closed", 0),
        BreakerState::HalfOpen { .. } => ("half_open", 1),
        BreakerState::Open { .. } => ("open", OPEN),
    };
    LineState {
        provider,
        account: snapshot.line.account.to_string(),
        operation: word(snapshot.line.operation),
        method: snapshot.line.method.map(mstore_pay_domain::method::Method::code),
        state,
        level,
    }
}
