//! Tokens that were verified a moment ago: a till asks every second, and each time with the same one.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use sha2::{Digest as _, Sha256};

use super::Caller;

/// Tokens that are known at once; beyond it those go that were used least lately, and are verified anew. Were it none, this
/// would not compile.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// SHA-256 of a token: of tokens themselves nothing is kept.
type Print = [u8; 32];

/// Verified tokens with their bearers. The keys by which they are verified stay the same for as long as the process runs, so
/// that a token that was genuine is so until its time is over.
pub(super) struct KnownTokens(Mutex<LruCache<Print, Known>>);

struct Known {
    caller: Caller,
    /// The last second in which it is good.
    good_until: i64,
}

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KNOWN_MAX)))
    }
}

impl KnownTokens {
    /// The bearer of a token that is known and good in that second.
    pub(super) fn bearer(&self, token: &str, second: i64) -> Option<Caller> {
        let print = print(token);
        let mut known = self.known();
        let Known { caller, good_until } = known.get(&print)?;
        if second <= *good_until {
            return Some(caller.clone());
        }
        known.pop(&print);
        None
    }

    /// Keeps the bearer of a token that was verified, which is good until the end of that second.
    pub(super) fn add(&self, token: &str, caller: &Caller, good_until: i64) {
        let (print, bearer) = (print(token), Known { caller: caller.clone(), good_until });
        self.known().put(print, bearer);
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Print, Known>> {
        // A panic elsewhere leaves nothing half-done: each change is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn print(token: &str) -> Print {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mstore_pay_domain::gateway::Scope;
    use mstore_pay_domain::ids::{MerchantId, UserId};

    use super::super::Rights;
    use super::*;

    fn caller(merchant: &str) -> Caller {
        let scope = Scope { merchant: MerchantId::parse(merchant).unwrap(), branch: None };
        let rights = Rights::of(["L0_CASHIER"].into_iter(), &BTreeMap::new());
        Caller { scope, user: UserId::parse("7").unwrap(), rights }
    }

    #[test]
    fn a_token_is_its_bearers_until_its_time_is_over_and_nobody_elses() {
        let known = KnownTokens::default();
        known.add("one", &caller("M1"), 100);
        known.add("two", &caller("M2"), 200);
        assert_eq!(known.bearer("one", 100), Some(caller("M1")));
        assert_eq!(known.bearer("two", 100), Some(caller("M2")));
        assert_eq!((known.bearer("one", 101), known.bearer("on", 1), known.bearer("", 1)), (None, None, None));
        assert_eq!(known.bearer("one", 100), None, "it is not kept beyond its time");
    }

    #[test]
    fn those_go_first_that_were_used_least_lately() {
        let known = KnownTokens::default();
        for number in 0..=KNOWN_MAX.get() {
            known.add(&number.to_string(), &caller("M1"), 100);
        }
        assert_eq!(known.known().len(), KNOWN_MAX.get());
        assert_eq!((known.bearer("0", 1), known.bearer("1", 1)), (None, Some(caller("M1"))));
    }
}
