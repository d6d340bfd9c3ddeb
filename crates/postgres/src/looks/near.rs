//! Looks at payments by connections of the runtime that asks.
//!
//! Each thread that serves HTTP has a runtime of its own. A till's look that goes out, comes back and is answered there wakes no
//! other thread; by a connection that another runtime serves it goes to a thread of that and back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mstore_pay_domain::ports::PaymentInOrder;
use tokio::runtime::{Handle, Id};

use super::{AtPayment, Looks, STATEMENTS_MAX};
use crate::connection::Address;
use crate::errors::Fault;
use crate::sessions::Sessions;
use crate::store::Options;

/// Of every so many connections one may be a runtime's own.
const CONNECTIONS_PER_OWN: usize = 4;

/// How looks are made by those who have connections of their own.
pub(crate) struct Own {
    address: Arc<Address>,
    wait_max: Duration,
    work_max: Duration,
    runtimes_max: usize,
}

impl Own {
    pub(crate) fn new(address: &Address, options: &Options) -> Self {
        let &Options { connections, runtimes, wait_max, work_max } = options;
        let runtimes_max = runtimes.min(connections / CONNECTIONS_PER_OWN / STATEMENTS_MAX);
        Self { address: Arc::new(address.of_readers()), wait_max, work_max, runtimes_max }
    }

    /// Connections that are nobody else's: a runtime has as many as statements can be under way in it.
    pub(crate) fn connections(&self) -> usize {
        self.runtimes_max * STATEMENTS_MAX
    }
}

/// Where payments are looked at.
pub(crate) struct NearLooks {
    /// Whose lanes are those that all share: the store was opened in it.
    home: Option<Id>,
    shared: Looks<AtPayment>,
    own: Own,
    /// First come, first served. A runtime that has ended keeps its place, and whoever comes after it shares.
    of_others: Mutex<HashMap<Id, Arc<Looks<AtPayment>>>>,
}

impl NearLooks {
    /// To be called within the runtime that most of the store's work is done in.
    pub(super) fn new(shared: Looks<AtPayment>, own: Own) -> Self {
        Self { home: here(), shared, own, of_others: Mutex::default() }
    }

    /// Looks, along with others of the same runtime if there are any.
    pub(crate) async fn look(&self, look: AtPayment) -> Result<Option<Box<PaymentInOrder>>, Fault> {
        match self.near() {
            Some(near) => near.look(look).await,
            None => self.shared.look(look).await,
        }
    }

    /// Where the runtime that asks has looks of its own.
    fn near(&self) -> Option<Arc<Looks<AtPayment>>> {
        let here = here().filter(|here| self.home != Some(*here))?;
        let mut of_others = self.of_others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(near) = of_others.get(&here) {
            return Some(Arc::clone(near));
        }
        if of_others.len() >= self.own.runtimes_max {
            return None;
        }
        let Own { address, wait_max, work_max, runtimes_max: _ } = &self.own;
        // Where there can be none of its own, it shares.
        let sessions = Sessions::new(Arc::clone(address), STATEMENTS_MAX, *wait_max, *work_max).ok()?;
        let near = Arc::new(Looks::new(&Arc::new(sessions), *wait_max));
        of_others.insert(here, Arc::clone(&near));
        Some(near)
    }
}

fn here() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}
