//! A town with one order: tills, a customer, workers and a provider, on the use cases that ship. It is played from the
//! start for every state of the model, since what is half done cannot be copied.

mod acting;
mod picture;

pub(crate) use picture::describe;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::accounts::{EnvironmentAccounts, StoredAccounts};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::gateway::{ConfirmWebhooks, CreateError, Created, Gateway, Policies, Ports};
use mstore_pay_domain::ids::{PaymentId, ProviderId};
use mstore_pay_domain::memory::{
    BookedCharge, ManualClock, MemoryStore, MemoryVault, MemoryWorld, ScriptedProvider, ScriptedWebhooks,
};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{
    Capabilities, IdempotencySupport, LookupSupport, Operation, PaymentProvider, WebhookSource,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::RawWebhook;

use crate::gate::{Fate, Gate, ModelClock, Stop};
use crate::guards::{Guard, Guards};
use crate::ports::{CalledFirst, Dues, GatedInbox, GatedProvider, GatedStore};
use crate::scenario::Scenario;

/// A provider, and our account there.
#[derive(Clone)]
pub(crate) struct Partner {
    pub(crate) provider: Arc<ScriptedProvider>,
    pub(crate) account: ProviderAccount,
}

/// Who is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    Till(usize),
    Worker(usize),
    Sweeper,
    Courier { letter: usize, copy: u8 },
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A till asks for a payment.
    Ask(usize),
    /// A worker takes up what is due.
    Work(usize),
    /// Arrived money is listed.
    Sweep,
    /// A webhook comes.
    Tell(usize),
    /// A webhook comes that tells of money that never came.
    Forge,
    /// The customer pays that object of the provider's.
    Pay(usize),
    /// Time passes.
    Later,
    /// A node ends at once.
    Crash(usize),
    /// Whoever stands still goes on.
    Go(Who, Fate),
    /// Faults stop: everything goes on by itself, webhooks aside.
    CalmDown,
}

/// What came of a task.
enum Done {
    Sold(Box<Result<Created, CreateError>>),
    Other,
}

struct Task {
    node: usize,
    work: Pin<Box<dyn Future<Output = Done> + Send>>,
    at: Stop,
    wakes_at: Option<Timestamp>,
    /// What it has been through: what tells it from another that stands at the same point.
    history: u64,
}

/// How often what happened that is bounded.
#[derive(Debug, Clone, Default, Hash)]
struct Spent {
    tries: [u8; 2],
    rounds: [u8; 2],
    crashes: u8,
    faults: u8,
    pays: u8,
    jumps: u8,
    sweeps: u8,
    forged: u8,
}

struct Letter {
    from: ProviderId,
    raw: RawWebhook,
    copies: u8,
}

/// What rules are judged by.
pub(crate) struct Facts<'a> {
    pub(crate) payments: &'a [Payment],
    pub(crate) books: &'a [BookedCharge],
    pub(crate) exceptions: &'a [MoneyException],
    /// What tills were told of, and for how much.
    pub(crate) acknowledged: &'a BTreeSet<(PaymentId, Money)>,
    pub(crate) paid_before: &'a BTreeSet<PaymentId>,
    pub(crate) is_told_to_wait: bool,
    /// Whether nothing went wrong so far, and no time passed.
    pub(crate) is_calm: bool,
    /// Webhooks in the inbox, and different ones that came.
    pub(crate) deliveries: usize,
    pub(crate) letters: usize,
    /// Webhooks that are still to be settled.
    pub(crate) undecided: u64,
}

pub(crate) struct Town {
    scenario: Scenario,
    world: MemoryWorld,
    partners: Vec<Partner>,
    gate: Arc<Gate>,
    clock: Arc<ModelClock>,
    dues: Dues,
    ports: Ports,
    policies: Policies,
    nodes: [Gateway; 2],
    tasks: BTreeMap<Who, Task>,
    spent: Spent,
    letters: Vec<Letter>,
    /// Whether each till has something to show.
    served: [bool; 2],
    acknowledged: BTreeSet<(PaymentId, Money)>,
    paid_before: BTreeSet<PaymentId>,
    is_told_to_wait: bool,
    /// References of charges that the customer may have seen.
    seen: BTreeSet<String>,
    is_over: bool,
    /// Whether the last worker that looked found nothing to do.
    pub(crate) was_idle: bool,
}

impl Town {
    fn new(scenario: Scenario, guards: Guards) -> Self {
        let now = Timestamp::parse_rfc3339("2026-01-05T03:00:00Z").unwrap();
        let world = MemoryWorld::new(ProviderId::parse("acme").unwrap(), now).unwrap();
        let gate = Arc::new(Gate::default());
        let clock = Arc::new(ModelClock { hands: Arc::clone(&world.clock), gate: Arc::clone(&gate) });
        let (dues, called_first) = (Dues::default(), CalledFirst::default());
        let partners = partners(&world, scenario);
        let store = GatedStore {
            inner: Arc::clone(&world.store),
            gate: Arc::clone(&gate),
            clock: Arc::clone(&clock),
            guards,
            dues: dues.clone(),
            partners: partners.clone(),
            called_first: Arc::clone(&called_first),
        };
        let inbox =
            GatedInbox { inner: Arc::clone(&world.store), guards, dues: dues.clone(), came: AtomicUsize::new(0) };
        let gated = |partner: &Partner| -> Arc<dyn PaymentProvider> {
            let (gate, called_first) = (Arc::clone(&gate), Arc::clone(&called_first));
            Arc::new(GatedProvider { inner: Arc::clone(&partner.provider), gate, guards, called_first })
        };
        let sources = partners.iter().map(|partner| ScriptedWebhooks::of(partner.account.provider.clone()));
        let accounts = EnvironmentAccounts::new(partners.iter().map(|partner| partner.account.clone()));
        let ports = Ports {
            payments: Arc::new(store),
            inbox: Arc::new(inbox),
            clock: Arc::<ModelClock>::clone(&clock),
            accounts: Arc::new(StoredAccounts::new(
                accounts,
                Arc::<MemoryStore>::clone(&world.store),
                Arc::<MemoryVault>::clone(&world.vault),
                Arc::<ManualClock>::clone(&world.clock),
            )),
            providers: partners.iter().map(gated).collect(),
            webhooks: sources.map(|source| -> Arc<dyn WebhookSource> { Arc::new(source) }).collect(),
            ..world.ports()
        };
        let confirm_webhooks =
            if guards.stands(Guard::Confirmation) { ConfirmWebhooks::Always } else { ConfirmWebhooks::Never };
        let policies = Policies { confirm_webhooks, ..Policies::default() };
        let node = || Gateway::new(ports.clone(), policies.clone());
        Self {
            nodes: [node(), node()],
            scenario,
            world,
            partners,
            gate,
            clock,
            dues,
            ports,
            policies,
            tasks: BTreeMap::new(),
            spent: Spent::default(),
            letters: Vec::new(),
            served: [false; 2],
            acknowledged: BTreeSet::new(),
            paid_before: BTreeSet::new(),
            is_told_to_wait: false,
            seen: BTreeSet::new(),
            is_over: false,
            was_idle: false,
        }
    }

    /// A town in which all that happened.
    pub(crate) fn after(scenario: Scenario, guards: Guards, path: &[Action]) -> Self {
        let mut town = Self::new(scenario, guards);
        if scenario.begins_shown {
            town.put_on_display();
        }
        for action in path {
            town.act(*action);
        }
        town
    }
}

/// The first provider has the properties of Xendit's Payments v3; one that stands by finds a charge by our reference,
/// honours a key and lists no money, as Midtrans does.
fn partners(world: &MemoryWorld, scenario: Scenario) -> Vec<Partner> {
    let first = Partner { provider: Arc::clone(&world.provider), account: world.account.clone() };
    let id = ProviderId::parse("bravo").unwrap();
    let account = ProviderAccount { provider: id.clone(), ..world.account.clone() };
    let shown = first.provider.capabilities(&first.account, Method::Qris).unwrap();
    let offered = Capabilities {
        lookup: LookupSupport::ByReference,
        idempotency: IdempotencySupport::Key { ttl: Duration::from_mins(5) },
        natural_life: None,
        ..shown
    };
    let provider = ScriptedProvider::new(id, Arc::<ManualClock>::clone(&world.clock));
    let provider = Arc::new(provider.offering(Method::Qris, offered).without(Operation::Sweep));
    let second = scenario.stands_by.then_some(Partner { provider, account });
    [first].into_iter().chain(second).collect()
}
