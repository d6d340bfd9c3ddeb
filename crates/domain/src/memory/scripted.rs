//! A small provider with books of its own, and its webhooks.

mod books;
mod calls;
mod capabilities;
mod controls;
mod mishap;
mod qr;
mod webhooks;

pub use books::{BookedCharge, BookedPayment, BookedStatus, NoSuchCharge};
pub use mishap::Mishap;
pub use webhooks::ScriptedWebhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lock;
use crate::ids::ProviderId;
use crate::method::Method;
use crate::ports::{Availability, Capabilities, Clock, Operation};
use books::Books;
use mishap::Script;

/// A provider that lives in memory: it opens charges, takes money, lets them expire, tells of it by
/// webhook, and misbehaves on request. Calls are answered from its books, so that what a caller
/// believes can be compared with what is true.
pub struct ScriptedProvider {
    id: ProviderId,
    clock: Arc<dyn Clock>,
    offered: BTreeMap<Method, Capabilities>,
    unsupported: BTreeSet<Operation>,
    books: Mutex<Books>,
    script: Mutex<Script>,
    availability: Mutex<Availability>,
    listing_max: Mutex<usize>,
    listing_lag: Mutex<Duration>,
}

impl ScriptedProvider {
    /// A provider that offers QRIS and a virtual account (shown), `GoPay` (a link) and OVO (pushed),
    /// with the properties of Xendit's Payments v3: no idempotency key, found by its own id only.
    #[must_use]
    pub fn new(id: ProviderId, clock: Arc<dyn Clock>) -> Self {
        let offered = capabilities::like_payments_v3();
        Self {
            id,
            clock,
            offered,
            unsupported: BTreeSet::new(),
            books: Mutex::default(),
            script: Mutex::default(),
            availability: Mutex::new(Availability::Ready),
            listing_max: Mutex::new(usize::MAX),
            listing_lag: Mutex::default(),
        }
    }

    /// This provider, where it offers a method with those properties.
    #[must_use]
    pub fn offering(mut self, method: Method, capabilities: Capabilities) -> Self {
        self.offered.insert(method, capabilities);
        self
    }

    /// This provider without a method.
    #[must_use]
    pub fn not_offering(mut self, method: Method) -> Self {
        self.offered.remove(&method);
        self
    }

    /// This provider without sweeps or simulations. Cancelling and refunding are properties of a
    /// method: see [`Capabilities`].
    #[must_use]
    pub fn without(mut self, operation: Operation) -> Self {
        self.unsupported.insert(operation);
        self
    }
}

impl fmt::Debug for ScriptedProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let charges = lock(&self.books).charges().len();
        f.debug_struct("ScriptedProvider").field("id", &self.id).field("charges", &charges).finish_non_exhaustive()
    }
}
