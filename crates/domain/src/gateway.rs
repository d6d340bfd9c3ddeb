//! The use cases. Each reads, decides on a [`Dossier`](crate::dossier::Dossier) with pure code, and
//! hands the store everything at once; on a conflict it reads and decides again. No call to a
//! provider is made between reading and committing.

mod accept_webhook;
mod anchor_audit;
mod ask;
mod cancel;
mod cash;
mod check;
mod close;
mod create;
mod deadline;
mod decide;
mod device;
mod drift;
mod find;
mod idempotent;
mod list_changes;
mod list_conflicts;
mod list_exceptions;
mod list_methods;
mod list_payments;
mod open;
mod order;
mod paging;
mod post;
mod prune;
mod publish;
mod questions;
mod race;
mod received;
mod reconcile;
mod recover;
mod rematch;
mod replay_webhook;
mod resolve_conflict;
mod resolve_exception;
mod rounds;
mod settle_webhook;
mod simulate;
mod status;
mod sweep;
mod sync_batch;
mod tills;
mod timeline;
mod void;
mod waiting;
mod work;

pub use accept_webhook::{AcceptError, AcceptedWebhook, Settler};
pub use cancel::{CancelError, Cancellation, CancelledPayment};
pub use cash::{CashError, TakeCash};
pub use create::{CreateError, CreatePayment, Created, Refusal};
pub use decide::DecideError;
pub use device::DeviceView;
pub use find::{FindError, Scope};
pub use idempotent::{AnswerRenderer, IdempotentRequest};
pub use list_conflicts::ConflictPage;
pub use list_exceptions::ExceptionPage;
pub use list_methods::{MethodOffer, ProviderOffer, Usability};
pub use list_payments::PaymentPage;
pub use order::{RegisterError, RegisterOrder};
pub use post::PostError;
pub use prune::{Pruned, RetentionPolicy};
pub use publish::{PublishSetback, Published};
pub use reconcile::Reconciled;
pub use rematch::REMATCH_FOR;
pub use resolve_conflict::{ConflictReach, ResolveConflict, ResolveConflictError};
pub use resolve_exception::{ExceptionReach, ResolveException, ResolveExceptionError};
pub use rounds::{AccountName, Round};
pub use settle_webhook::Settled;
pub use simulate::SimulateError;
pub use status::{PaymentView, WaitFor};
pub use sweep::{SweepReport, SweepWindow};
pub use sync_batch::{SyncBatch, SyncedItem};
pub use timeline::TimelineView;
pub use void::{VoidError, VoidOrder};
pub use work::{Attended, Errand, Lane, WorkDone, WorkLimits};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use questions::Questions;
use received::Received;
use recover::Herd;
use rounds::Rounds;
use sweep::Trust;
use tills::Tills;
use waiting::Waiting;

use crate::ids::ProviderId;
use crate::method::Method;
use crate::ports::{
    AccountDirectory, AuditAnchors, Background, Census, Clock, EventPublisher, ExceptionStore, IdGenerator,
    IdempotencyStore, OfflineStore, OrderRepository, Outbox, PaymentProvider, PaymentRepository, Probe, RateBudget,
    Retention, Timeline, TransactionLedger, Wakeups, Watches, WebhookInbox, WebhookSource, Witness,
};

/// Everything the use cases need of the world.
#[derive(Clone)]
pub struct Ports {
    /// Payments, and the one write.
    pub payments: Arc<dyn PaymentRepository>,
    /// Registered orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Money that does not fit.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// Idempotency keys.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// The audit trail.
    pub timeline: Arc<dyn Timeline>,
    /// The anchors of the audit trail.
    pub anchors: Arc<dyn AuditAnchors>,
    /// Deleting what is old.
    pub retention: Arc<dyn Retention>,
    /// What tills reported.
    pub offline: Arc<dyn OfflineStore>,
    /// The webhook inbox.
    pub inbox: Arc<dyn WebhookInbox>,
    /// How much waits.
    pub census: Arc<dyn Census>,
    /// Messages on their way out.
    pub outbox: Arc<dyn Outbox>,
    /// Where messages go.
    pub publisher: Arc<dyn EventPublisher>,
    /// The transaction service.
    pub ledger: Arc<dyn TransactionLedger>,
    /// Accounts at providers.
    pub accounts: Arc<dyn AccountDirectory>,
    /// Calls that rate limits leave us.
    pub budget: Arc<dyn RateBudget>,
    /// Who looks at what.
    pub watches: Arc<dyn Watches>,
    /// Waking those who wait.
    pub wakeups: Arc<dyn Wakeups>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Who is told how soon the truth was known.
    pub witness: Arc<dyn Witness>,
    /// Points for a fault programme.
    pub probe: Arc<dyn Probe>,
    /// Work that nobody waits for.
    pub background: Arc<dyn Background>,
    /// The providers.
    pub providers: Vec<Arc<dyn PaymentProvider>>,
    /// Their webhooks.
    pub webhooks: Vec<Arc<dyn WebhookSource>>,
}

/// Whether a webhook's word of money is borne out by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfirmWebhooks {
    /// Ask before anything is recorded.
    #[default]
    Always,
    /// Believe an authentic webhook that names its payment object and fits.
    Never,
}

/// What to do when an opening is not answered and nobody was shown anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailoverOnUnknown {
    /// Put the charge aside and open another.
    #[default]
    Displayed,
    /// Wait and see.
    Never,
}

/// In which order providers are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderOrder {
    /// For every method that has no order of its own; empty: as the ports list them.
    pub default: Vec<ProviderId>,
    /// For one method.
    pub by_method: BTreeMap<Method, Vec<ProviderId>>,
}

/// The settings of the use cases.
#[derive(Debug, Clone)]
pub struct Policies {
    /// In which order providers are tried.
    pub provider_order: ProviderOrder,
    /// Whether webhooks are borne out.
    pub confirm_webhooks: ConfirmWebhooks,
    /// Whether listed money is believed where more comes than there are questions for. A later report of such money may add
    /// when and by whom it was paid.
    pub believe_listed: bool,
    /// Whether what goes on without a request is left to other processes, which sweep: nobody is asked because a till looks,
    /// since whether a list is in time is known there.
    pub leaves_work: bool,
    /// What follows an unanswered opening.
    pub failover_on_unknown: FailoverOnUnknown,
    /// For a whole create.
    pub create_within: Duration,
    /// For the first provider of a create.
    pub first_provider_within: Duration,
    /// For closing a charge while somebody waits.
    pub cancel_within: Duration,
    /// For asking about a charge.
    pub inquire_within: Duration,
    /// Between two questions about a payment that somebody looks at while arrived money is not listed in time, for those
    /// providers that may be asked more often than usual.
    pub watched_pauses: BTreeMap<ProviderId, Duration>,
    /// For the ledger while a cashier waits.
    pub resolve_within: Duration,
    /// How long things are kept.
    pub retention: RetentionPolicy,
    /// Our pay page and API, for links that go to providers.
    pub public_base_url: String,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            provider_order: ProviderOrder::default(),
            confirm_webhooks: ConfirmWebhooks::default(),
            believe_listed: true,
            leaves_work: false,
            failover_on_unknown: FailoverOnUnknown::default(),
            create_within: Duration::from_secs(8),
            first_provider_within: Duration::from_secs(5),
            cancel_within: Duration::from_secs(2),
            inquire_within: Duration::from_secs(5),
            watched_pauses: BTreeMap::new(),
            resolve_within: Duration::from_millis(300),
            retention: RetentionPolicy::default(),
            public_base_url: "http://127.0.0.1:8080".to_owned(),
        }
    }
}

/// The payments gateway: the use cases over their ports.
#[derive(Clone)]
pub struct Gateway {
    ports: Ports,
    policies: Policies,
    /// Shared by every copy.
    questions: Arc<Questions>,
    /// Likewise.
    herd: Arc<Herd>,
    /// Likewise.
    tills: Arc<Tills>,
    /// Likewise.
    trust: Arc<Trust>,
    /// Likewise.
    waiting: Arc<Waiting>,
    /// Likewise.
    rounds: Arc<Rounds>,
    /// Likewise.
    received: Arc<Received>,
}

impl Gateway {
    /// Puts the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports, policies: Policies) -> Self {
        Self {
            ports,
            policies,
            questions: Arc::default(),
            herd: Arc::default(),
            tills: Arc::default(),
            trust: Arc::default(),
            waiting: Arc::default(),
            rounds: Arc::default(),
            received: Arc::default(),
        }
    }

    /// The ports it works with.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    fn provider(&self, id: &ProviderId) -> Option<&Arc<dyn PaymentProvider>> {
        self.ports.providers.iter().find(|provider| &provider.id() == id)
    }

    /// The providers to try for a method, first first.
    fn providers_for(&self, method: Method) -> Vec<&Arc<dyn PaymentProvider>> {
        let order = &self.policies.provider_order;
        let named = order.by_method.get(&method).unwrap_or(&order.default);
        if named.is_empty() {
            return self.ports.providers.iter().collect();
        }
        named.iter().filter_map(|id| self.provider(id)).collect()
    }
}
