//! Whether an account's list of arrived money can be relied on. Its freshness is promised nowhere, so it is measured; while
//! it is late, refused or wrong, whoever waits has the payment itself asked about.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ids::{AccountId, ProviderId};
use crate::time::Timestamp;

/// A list that was not read for so long is none: it is swept every two seconds.
const UNREAD_MAX: Duration = Duration::from_secs(8);
/// Money that is listed so much later than it could be is listed late.
const LATE: Duration = Duration::from_secs(5);
/// For how long a list is not relied on after it was late or wrong.
const DOUBTED_FOR: Duration = Duration::from_mins(1);

/// What this process knows of each account's list.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Trust {
    lists: Mutex<BTreeMap<(ProviderId, AccountId), List>>,
}

#[derive(Debug, Clone, Copy)]
struct List {
    read_at: Timestamp,
    doubted_until: Timestamp,
}

impl Trust {
    /// The list was read to its end.
    pub(in crate::gateway) fn read(&self, account: (&ProviderId, &AccountId), now: Timestamp) {
        let mut lists = self.lists();
        let key = (account.0.clone(), account.1.clone());
        let list = lists.entry(key).or_insert(List { read_at: now, doubted_until: Timestamp::EPOCH });
        list.read_at = now;
    }

    /// By so much what stands in the list for the first time missed the list before.
    pub(in crate::gateway) fn missed_by(&self, account: (&ProviderId, &AccountId), by: Duration, now: Timestamp) {
        if by > LATE {
            self.doubt(account, now);
        }
    }

    /// The list was wrong, or money came that it does not have.
    pub(in crate::gateway) fn doubt(&self, account: (&ProviderId, &AccountId), now: Timestamp) {
        if let Some(list) = self.lists().get_mut(&(account.0.clone(), account.1.clone())) {
            list.doubted_until = now.plus(DOUBTED_FOR);
        }
    }

    /// Money was found by asking for it that came then: a list that is in time would have had it.
    pub(in crate::gateway) fn found_unlisted(
        &self,
        account: (&ProviderId, &AccountId),
        came_at: Timestamp,
        now: Timestamp,
    ) {
        if now.since(came_at) > LATE {
            self.doubt(account, now);
        }
    }

    /// Whether money that arrives there is listed in time.
    pub(in crate::gateway) fn holds(&self, account: (&ProviderId, &AccountId), now: Timestamp) -> bool {
        let lists = self.lists();
        let list = lists.get(&(account.0.clone(), account.1.clone()));
        list.is_some_and(|list| now.since(list.read_at) <= UNREAD_MAX && now >= list.doubted_until)
    }

    fn lists(&self) -> MutexGuard<'_, BTreeMap<(ProviderId, AccountId), List>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
