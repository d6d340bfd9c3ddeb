//! The ports: what the domain needs of the world. Each says what an adapter MUST do, and which of
//! its errors means what. All are held as `Arc<dyn ...>`.

mod account_store;
mod accounts;
mod anchors;
mod background;
mod budget;
mod census;
mod clock;
mod dispatches;
mod endpoints;
mod error;
mod event_sender;
mod inbox;
mod ledger;
mod listing;
mod offline;
mod orders;
mod outbox;
mod payments;
mod probe;
mod provider;
mod records;
mod retention;
mod vault;
mod wakeups;
mod watches;
mod webhook_source;
mod witness;

pub use account_store::{AccountStore, AccountWritten};
pub use accounts::AccountDirectory;
pub use anchors::{Anchored, AuditAnchors};
pub use background::{Background, Unattended};
pub use budget::{BudgetClass, Endpoint, RateBudget, RateLimitStatus, Reservation};
pub use census::{Census, CensusCounts, PENDING_AGES, TIDINGS_CHARGES_MAX, Tidings};
pub use clock::{Clock, IdGenerator};
pub use dispatches::{AtOnce, Backlog, Dispatches, LeasedDispatch, Setback};
pub use endpoints::{EndpointStore, EndpointWritten};
pub use error::{CommitError, StoreError};
pub use event_sender::{EventBodies, EventCall, EventSender, SendEventError, SendEventErrorKind};
pub use inbox::{Accepted, InboxCounts, WebhookInbox};
pub use ledger::{LedgerError, LedgerErrorKind, OrderSummary, TransactionLedger};
pub use listing::{PaymentFilter, PaymentPlace};
pub use offline::{ConflictFilter, ConflictKey, ConflictPlace, OfflineStore};
pub use orders::OrderRepository;
pub use outbox::{EventPublisher, LeasedMessage, Outbox, PublishError};
pub use payments::{BeforeSale, LeasedPayment, OrderWithPayments, PaymentInOrder, PaymentName, PaymentRepository};
pub use probe::{CrashPoint, NoProbe, Probe};
pub use provider::{
    ArrivedMoney, Availability, CancelCharge, Canceled, Capabilities, CardToken, Certainty, ChargeSnapshot, Drift,
    Exchange, IdempotencySupport, ListedAs, LookupSupport, OpenCharge, OpenedCharge, Operation, PaymentProvider,
    Period, ProviderError, ProviderErrorKind, Query, RefundCharge, RefundOutcome, ReturnUrls, Simulation,
    SnapshotStatus, Sweep, Upstream,
};
pub use records::{ExceptionFilter, ExceptionPlace, ExceptionStore, IdempotencyStore, Timeline};
pub use retention::{Prunable, Retention};
pub use vault::{SecretKind, SecretOwner, SecretPlace, Vault, VaultError};
pub use wakeups::Wakeups;
pub use watches::Watches;
pub use webhook_source::WebhookSource;
pub use witness::{Finder, NoWitness, RecordedMoney, Witness};

#[cfg(feature = "mocks")]
pub use {
    account_store::MockAccountStore, accounts::MockAccountDirectory, anchors::MockAuditAnchors,
    background::MockBackground, budget::MockRateBudget, census::MockCensus, clock::MockClock, clock::MockIdGenerator,
    dispatches::MockDispatches, endpoints::MockEndpointStore, event_sender::MockEventBodies,
    event_sender::MockEventSender, inbox::MockWebhookInbox, ledger::MockTransactionLedger, offline::MockOfflineStore,
    orders::MockOrderRepository, outbox::MockEventPublisher, outbox::MockOutbox, payments::MockPaymentRepository,
    probe::MockProbe, provider::MockPaymentProvider, records::MockExceptionStore, records::MockIdempotencyStore,
    records::MockTimeline, retention::MockRetention, vault::MockVault, wakeups::MockWakeups, watches::MockWatches,
    webhook_source::MockWebhookSource, witness::MockWitness,
};
