//! What a runtime has of its own.
//!
//! Each thread that serves HTTP has a runtime of its own. What goes out, comes back and is answered there wakes no other thread; by
//! a connection that another runtime serves it goes to a thread of that and back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};

use crate::connection::Address;
use crate::errors::OpenError;
use crate::sessions::Sessions;
use crate::store::Options;
use crate::{intake, looks};

/// Of every so many connections some may be a runtime's own.
const CONNECTIONS_PER_RUNTIME: usize = 8;

/// How runtimes come to connections of their own.
#[derive(Clone)]
pub(crate) struct Own {
    address: Arc<Address>,
    wait_max: Duration,
    work_max: Duration,
    runtimes_max: usize,
}

impl Own {
    pub(crate) fn new(address: &Arc<Address>, options: &Options) -> Self {
        let &Options { connections, runtimes, wait_max, work_max } = options;
        let runtimes_max = runtimes.min(connections / CONNECTIONS_PER_RUNTIME);
        Self { address: Arc::clone(address), wait_max, work_max, runtimes_max }
    }

    /// Connections that are nobody else's.
    pub(crate) fn connections(&self) -> usize {
        self.runtimes_max * (looks::CONNECTIONS_OWN + intake::CONNECTIONS_OWN)
    }

    /// Those who only look never learn by writing that they are at a standby.
    pub(crate) fn of_readers(self) -> Self {
        Self { address: Arc::new(self.address.of_readers()), ..self }
    }

    /// So many connections for one runtime.
    pub(crate) fn sessions(&self, count: usize) -> Result<Sessions, OpenError> {
        Sessions::new(Arc::clone(&self.address), count, self.wait_max, self.work_max)
    }
}

/// What each runtime has of its own, but that which the store was opened in: what that has is shared.
pub(crate) struct Near<T> {
    home: Option<Id>,
    own: Own,
    /// First come, first served. A runtime that has ended keeps its place, and whoever comes after it shares.
    of_others: Mutex<HashMap<Id, Arc<T>>>,
}

impl<T> Near<T> {
    /// To be called within the runtime that most of the store's work is done in.
    pub(crate) fn new(own: Own) -> Self {
        Self { home: here(), own, of_others: Mutex::default() }
    }

    /// What the runtime that asks has of its own, made as it is first asked for; nothing where it shares.
    pub(crate) fn here(&self, make: impl FnOnce(&Own) -> Result<T, OpenError>) -> Option<(Id, Arc<T>)> {
        let here = here().filter(|here| self.home != Some(*here))?;
        let mut of_others = self.of_others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(near) = of_others.get(&here) {
            return Some((here, Arc::clone(near)));
        }
        if of_others.len() >= self.own.runtimes_max {
            return None;
        }
        // Where there can be none of its own, it shares.
        let near = Arc::new(make(&self.own).ok()?);
        of_others.insert(here, Arc::clone(&near));
        Some((here, near))
    }
}

fn here() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}
