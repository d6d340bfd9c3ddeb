//! When which payment was asked about, so that many who look at one ask once; and which wait to be asked about.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::ids::PaymentId;
use crate::time::Timestamp;

/// A payment is not asked about because somebody looks before that long after the last question.
pub(super) const ASK_AFTER: Duration = Duration::from_secs(10);
/// Payments that are remembered before those are forgotten that may be asked about again.
const PAYMENTS_MAX: usize = 4_096;

/// When this process last asked about a payment, whoever wanted to know, and until when word of money on one waits
/// here for the rate limit.
#[derive(Debug, Default)]
pub(super) struct Questions {
    last: Mutex<BTreeMap<PaymentId, Timestamp>>,
    waiting: Mutex<BTreeMap<PaymentId, Timestamp>>,
}

impl Questions {
    /// Notes a question that is being asked.
    pub(super) fn note(&self, payment: PaymentId, now: Timestamp) {
        insert(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner), payment, now);
    }

    /// When this process last asked about a payment, as far as that is remembered.
    pub(super) fn last(&self, payment: &PaymentId) -> Option<Timestamp> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).get(payment).copied()
    }

    /// Takes the question about a payment upon the caller, unless somebody asked it lately, or asks it now.
    pub(super) fn take(&self, payment: PaymentId, now: Timestamp) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = last.get(&payment).is_none_or(|at| !is_recent(*at, now));
        if is_free {
            insert(&mut last, payment, now);
        }
        is_free
    }

    /// Gives a question back that was taken and cannot be asked.
    pub(super) fn give_back(&self, payment: &PaymentId) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(payment);
    }

    /// Notes that word of money on a payment waits to be asked about.
    pub(super) fn wait(&self, payment: PaymentId, now: Timestamp, until: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, until| *until > now);
        waiting.insert(payment, until);
    }

    /// Whether word of money on a payment waits to be asked about.
    pub(super) fn is_waiting(&self, payment: &PaymentId, now: Timestamp) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(payment).is_some_and(|until| *until > now)
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < ASK_AFTER
}

fn insert(last: &mut BTreeMap<PaymentId, Timestamp>, payment: PaymentId, now: Timestamp) {
    if last.len() >= PAYMENTS_MAX {
        last.retain(|_, at| is_recent(*at, now));
    }
    last.insert(payment, now);
}
