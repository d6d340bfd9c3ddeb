//! What all calls share: the books behind one lock, the journal, the clock, the rules in force, the logs.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::Notify;
use url::Url;

use crate::clock::{Clock, ClockAnchor};
use crate::config::{MidtransMerchant, SandboxConfig, XenditAccount};
use crate::error::SandboxError;
use crate::faults::{Fired, Rules, Subject};
use crate::journal::{Journal, JournalBroken, JournalEnd, Mark};
use crate::ledger::{Books, Charge, Entry};
use crate::limiter::Limiter;
use crate::provider::Provider;
use crate::requests::RequestLog;
use crate::webhooks::Webhooks;

/// One running sandbox.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) clock: Clock,
    pub(crate) sweep_lag: TimeDelta,
    pub(crate) webhooks: Webhooks,
    /// Rung when a charge was opened, so that its deadline is not slept through.
    pub(crate) opened: Notify,
    xendit_accounts: Vec<XenditAccount>,
    midtrans_merchants: Vec<MidtransMerchant>,
    /// Calls to Midtrans with an idempotency key, by account, that are not done yet.
    under_way: Mutex<HashSet<(String, String)>>,
    books: Mutex<Books>,
    journal: Journal,
    rules: Mutex<Rules>,
    limiter: Mutex<Limiter>,
    requests: Mutex<RequestLog>,
}

/// The books, open for writing: what is recorded is applied and goes to the journal in the same order.
pub(crate) struct Pen<'a> {
    books: &'a mut Books,
    journal: &'a Journal,
}

impl Pen<'_> {
    pub(crate) fn record(&mut self, entry: &Entry) {
        self.books.apply(entry);
        self.journal.append(entry);
    }
}

impl Deref for Pen<'_> {
    type Target = Books;

    fn deref(&self) -> &Books {
        self.books
    }
}

impl Sandbox {
    /// Opens the state file and ties the provider's clock to real time, or carries on with it.
    pub(crate) fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let (journal, mut books) = Journal::open(config.state.as_deref())?;
        let scale = config.time_scale.get();
        let anchor = match (config.time_origin, books.anchor()) {
            (Some(origin), _) => ClockAnchor::at(origin, scale),
            (None, Some(kept)) => kept.rescaled(scale),
            (None, None) => ClockAnchor::fresh(scale),
        };
        let mut pen = Pen { books: &mut books, journal: &journal };
        pen.record(&Entry::Anchored(anchor));
        let xendit = config.xendit_accounts.iter().map(|of| (Provider::Xendit, &of.name, &of.webhook_target));
        let midtrans = config.midtrans_merchants.iter().map(|of| (Provider::Midtrans, &of.name, &of.webhook_target));
        for (provider, account, target) in xendit.chain(midtrans) {
            if let Some(url) = target {
                pen.record(&Entry::Targeted { provider, account: account.clone(), url: url.to_string() });
            }
        }
        let lag_ms = i64::try_from(config.sweep_lag_ms).unwrap_or(i64::MAX);
        Ok(Self {
            clock: Clock::new(anchor),
            sweep_lag: TimeDelta::try_milliseconds(lag_ms)
                .ok_or_else(|| SandboxError::Setting("the sweep lag is too long".to_owned()))?,
            webhooks: Webhooks::new()?,
            opened: Notify::new(),
            xendit_accounts: config.xendit_accounts,
            midtrans_merchants: config.midtrans_merchants,
            under_way: Mutex::default(),
            books: Mutex::new(books),
            journal,
            rules: Mutex::new(Rules::default()),
            limiter: Mutex::new(Limiter::new(config.rate_limit)),
            requests: Mutex::new(RequestLog::default()),
        })
    }

    /// Works on the books alone. Nothing of the outcome may leave the house before [`Self::durable`] of the mark.
    pub(crate) fn with_books<T>(&self, work: impl FnOnce(&mut Pen<'_>) -> T) -> (T, Mark) {
        let mut books = locked(&self.books);
        let mut pen = Pen { books: &mut books, journal: &self.journal };
        let outcome = work(&mut pen);
        (outcome, self.journal.mark())
    }

    /// Waits until everything up to `mark` would survive a crash.
    pub(crate) async fn durable(&self, mark: Mark) -> Result<(), JournalBroken> {
        self.journal.durable(mark).await
    }

    pub(crate) fn journal_end(&self) -> JournalEnd {
        self.journal.end()
    }

    pub(crate) fn xendit_accounts(&self) -> &[XenditAccount] {
        &self.xendit_accounts
    }

    pub(crate) fn midtrans_merchants(&self) -> &[MidtransMerchant] {
        &self.midtrans_merchants
    }

    pub(crate) fn under_way(&self) -> MutexGuard<'_, HashSet<(String, String)>> {
        locked(&self.under_way)
    }

    /// Sends the webhooks of an account, the main one if none is named, to `url` from now on.
    ///
    /// None if there is no such account; else its name.
    pub(crate) fn direct_webhooks(
        &self,
        provider: Provider,
        account: Option<&str>,
        url: &Url,
    ) -> Option<(String, Mark)> {
        let meant = |name: &str, id: &str| account.is_none_or(|word| word == name || word == id);
        let found = match provider {
            Provider::Xendit => self
                .xendit_accounts
                .iter()
                .find(|known| meant(&known.name, &known.business_id))
                .map(|known| &known.name),
            Provider::Midtrans => self
                .midtrans_merchants
                .iter()
                .find(|known| meant(&known.name, &known.merchant_id))
                .map(|known| &known.name),
        };
        let account = found?.clone();
        let ((), mark) = self.with_books(|pen| {
            pen.record(&Entry::Targeted { provider, account: account.clone(), url: url.to_string() });
        });
        Some((account, mark))
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, Rules> {
        locked(&self.rules)
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        locked(&self.limiter)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, RequestLog> {
        locked(&self.requests)
    }

    /// The first rule that fires for `subject` and whose effect `wanted` lets through.
    pub(crate) fn fault(&self, subject: Subject<'_>, wanted: impl Fn(crate::faults::Effect) -> bool) -> Option<Fired> {
        self.rules().pick(subject, wanted)
    }

    /// Empties the ledger, the logs and the rules; accounts and webhook targets stay.
    pub(crate) fn reset(&self) -> Mark {
        let ((), mark) = self.with_books(|pen| pen.record(&Entry::Reset));
        *self.rules() = Rules::default();
        self.limiter().reset();
        *self.requests() = RequestLog::default();
        self.webhooks.reset();
        mark
    }
}

/// How a charge is held against rules for `operation`.
pub(crate) fn subject_of(charge: &Charge, operation: crate::faults::Operation) -> Subject<'_> {
    Subject {
        provider: charge.provider,
        operation,
        method: Some(charge.method.word()),
        reference: Some(&charge.reference),
        order_code: charge.order_code.as_deref(),
        id: Some(&charge.id),
    }
}

/// A panic while the lock was held leaves data that was whole at every step.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// JSON text of `value`; what cannot be written, which nothing here is, would come out as `null`.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_unwritable| "null".to_owned())
}

/// Header names and values as text, without those that hold secrets.
pub(crate) type Headers = HashMap<String, String>;
