//! Payments that were read a moment ago: a till asks every second or two, and most times nothing has changed.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::payment::{CheckLog, Payment, PaymentDetails, PaymentStatus};
use mstore_pay_domain::ports::PaymentName;
use mstore_pay_tables::rows::PaymentState;

/// Payments that are known at once; beyond it those go that were looked at least lately, and are read whole. Were it none, this
/// would not compile.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Payments by the names under which they were looked at. Nothing is told from here that the database does not confirm: it is
/// asked each time which state they are in.
pub(crate) struct KnownPayments(Mutex<LruCache<Name, Arc<Known>>>);

/// Whose payment, and what it was called.
type Name = (MerchantId, PaymentName);

/// A payment as it was in one state.
#[derive(Debug)]
pub(crate) struct Known(Payment);

impl Known {
    /// Whether the payment is in that state. The revision alone would not tell: a database that is put back to an earlier state
    /// comes to the same revisions again, and then what was written is in the records, which the head of the audit trail names.
    pub(crate) fn is_in(&self, state: &PaymentState) -> bool {
        let Self(payment) = self;
        (payment.id, payment.revision, payment.audit) == (state.payment, state.revision, state.audit)
    }

    /// The payment, of which that is known of the questions that were asked about it: they leave its state as it is.
    pub(crate) fn with(&self, checks: CheckLog) -> Payment {
        let Self(payment) = self;
        Payment { checks, ..payment.clone() }
    }

    fn is_as(&self, found: &Payment) -> bool {
        let Self(payment) = self;
        (payment.id, payment.revision, payment.audit) == (found.id, found.revision, found.audit)
    }
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

    /// Keeps what was found, if that is looked at again and again: while it waits for its money. Who its customer is can be
    /// forgotten in any state, so that payments that say so are not kept.
    pub(crate) fn keep(&self, name: Name, before: Option<&Known>, found: &Payment) {
        if before.is_some_and(|known| known.is_as(found)) {
            return;
        }
        if found.status() == PaymentStatus::Pending && names_nobody(&found.details) {
            self.known().put(name, Arc::new(Known(found.clone())));
        } else if before.is_some() {
            self.known().pop(&name);
        }
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Name, Arc<Known>>> {
        // A panic elsewhere leaves nothing half-done: each change is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn names_nobody(details: &PaymentDetails) -> bool {
    let PaymentDetails { customer_email, customer_name, customer_phone, .. } = details;
    [customer_email, customer_name, customer_phone].into_iter().all(Option::is_none)
}
