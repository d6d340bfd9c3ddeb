//! Payments that were read a moment ago: a till asks every second or two, and most times nothing has changed.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::payment::{CheckLog, Payment, PaymentDetails, PaymentStatus, Revision};
use mstore_pay_domain::ports::PaymentName;
use mstore_pay_tables::rows::PaymentState;

/// Names whose payments are known at once; beyond it those go that were looked at least lately, and theirs are read whole. Were
/// it none, this would not compile.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Text of a till's own, metadata above all, that a payment may have and be kept: nobody's notes fill the memory.
const OWN_TEXT_BYTES_MAX: usize = 1_024;

/// Payments by the names under which they were looked at. Nothing is told from here that the database does not confirm: it is
/// asked each time which state they are in.
pub(crate) struct KnownPayments(Mutex<LruCache<Name, Arc<Known>>>);

/// Whose payment, and what it was called.
type Name = (MerchantId, PaymentName);

/// A payment as it was in one state.
#[derive(Debug)]
pub(crate) struct Known(Payment);

impl Known {
    /// Which payment it is.
    pub(crate) fn id(&self) -> PaymentId {
        self.0.id
    }

    /// Whether the payment is in that state. The revision alone would not tell: a database that is put back to an earlier state
    /// comes to the same revisions again, and then the gateway's records of what was written are others, which the head of the
    /// audit trail names.
    pub(crate) fn is_in(&self, state: &PaymentState) -> bool {
        state_of(&self.0) == (state.payment, state.revision, state.audit)
    }

    /// Whether what was found is the payment in the same state.
    pub(crate) fn is_as(&self, found: &Payment) -> bool {
        state_of(&self.0) == state_of(found)
    }

    /// The payment, of which that is known of the questions that were asked about it: they leave its state as it is.
    pub(crate) fn with(&self, checks: CheckLog) -> Payment {
        Payment { checks, ..self.0.clone() }
    }
}

fn state_of(payment: &Payment) -> (PaymentId, Revision, AuditHead) {
    (payment.id, payment.revision, payment.audit)
}

impl Default for KnownPayments {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KNOWN_MAX)))
    }
}

impl KnownPayments {
    /// What is known of a merchant's payment of that name.
    pub(crate) fn of(&self, name: &Name) -> Option<Arc<Known>> {
        self.known().get(name).map(Arc::clone)
    }

    /// Keeps what was found, if that is looked at again and again, while it waits for its money, and is not large. Who its
    /// customer is can be forgotten in any state, so that payments that say so are not kept.
    pub(crate) fn keep(&self, name: Name, before: Option<&Known>, found: Option<&Payment>) {
        let is_kept =
            |found: &&Payment| found.status() == PaymentStatus::Pending && is_short_and_names_nobody(&found.details);
        match (before, found) {
            (Some(before), Some(found)) if before.is_as(found) => {}
            (before, found) => match found.filter(is_kept) {
                Some(found) => drop(self.known().put(name, Arc::new(Known(found.clone())))),
                None if before.is_some() => drop(self.known().pop(&name)),
                None => {}
            },
        }
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Name, Arc<Known>>> {
        // A panic elsewhere leaves nothing half-done: each change is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_short_and_names_nobody(details: &PaymentDetails) -> bool {
    let PaymentDetails { customer_email, customer_name, customer_phone, .. } = details;
    let names_nobody = [customer_email, customer_name, customer_phone].into_iter().all(Option::is_none);
    let PaymentDetails { success_url, failure_url, description, metadata, .. } = details;
    let texts = [success_url, failure_url, description].into_iter().flatten();
    let own: usize = texts.chain(metadata.keys()).chain(metadata.values()).map(String::len).sum();
    names_nobody && own <= OWN_TEXT_BYTES_MAX
}
