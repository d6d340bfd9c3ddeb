//! How the scripted provider misbehaves.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::money::Money;
use crate::ports::{Certainty, Operation, ProviderErrorKind};

/// A way in which one call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// The connection is refused: nothing is sent.
    Unreachable,
    /// The call arrives, nothing is done, and nothing is answered until the caller gives up.
    SilentBefore,
    /// The call is carried out, and nothing is answered until the caller gives up.
    SilentAfter,
    /// The call arrives and is answered with an error, without being carried out.
    Refused {
        /// What the caller is told.
        kind: ProviderErrorKind,
        /// Whether the caller can know that nothing was done.
        certainty: Certainty,
    },
    /// The call is carried out, and answered so much later.
    Late(Duration),
    /// The call is carried out, and answered as if the provider had broken down.
    BrokenAfter,
    /// The call is carried out, and the answer makes no sense.
    Garbled,
    /// The call is carried out, and the answer speaks of another amount; the adapter notices.
    WrongAmount,
    /// The call is carried out, and the answer speaks of another reference; the adapter notices.
    WrongReference,
    /// The question is answered, and money that came is not told of yet.
    WithoutMoney,
    /// The listing does not name the payments that its rows are about.
    WithoutPaymentRefs,
    /// The call is carried out, and the answer passes on this amount: for callers that check again.
    UnnoticedAmount(Money),
    /// The call is carried out, and the answer passes on this reference: for callers that check again.
    UnnoticedReference(String),
    /// The call is carried out, and the answer uses this word for where the charge stands.
    UnheardOfStatus(String),
    /// The call is carried out, and the answer has a field of this name.
    UnheardOfField(String),
}

/// What goes wrong next.
#[derive(Debug, Default)]
pub(super) struct Script {
    once: BTreeMap<Operation, VecDeque<Mishap>>,
    always: BTreeMap<Operation, Mishap>,
}

impl Script {
    pub(super) fn once(&mut self, operation: Operation, mishap: Mishap) {
        self.once.entry(operation).or_default().push_back(mishap);
    }

    pub(super) fn always(&mut self, operation: Operation, mishap: Mishap) {
        self.always.insert(operation, mishap);
    }

    pub(super) fn next(&mut self, operation: Operation) -> Option<Mishap> {
        let once = self.once.get_mut(&operation).and_then(VecDeque::pop_front);
        once.or_else(|| self.always.get(&operation).cloned())
    }
}
