//! Everything in memory, put together: a gateway to try things on.

use std::sync::Arc;

use super::{
    ManualClock, MemoryBackground, MemoryBudget, MemoryFeed, MemoryStore, MemoryVault, MemoryWatches, PollingWakeups,
    ScriptedProvider, ScriptedWebhooks, SequentialIds,
};
use crate::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use crate::accounts::{EnvironmentAccounts, StoredAccounts};
use crate::gateway::{Gateway, Policies, Ports};
use crate::ids::{AccountId, KeyId, ProviderId};
use crate::own_ledger::OwnLedger;
use crate::ports::{Clock, IdGenerator, NoProbe, NoWitness};
use crate::time::Timestamp;

/// A gateway's whole world, in memory: one scripted provider, and one account there.
pub struct MemoryWorld {
    /// Time; it moves when it is told to.
    pub clock: Arc<ManualClock>,
    /// The store.
    pub store: Arc<MemoryStore>,
    /// The provider, with books of its own.
    pub provider: Arc<ScriptedProvider>,
    /// The account at it.
    pub account: ProviderAccount,
    /// What was published.
    pub feed: Arc<MemoryFeed>,
    /// What seals the secrets of accounts that are added.
    pub vault: Arc<MemoryVault>,
    /// Work that nobody waits for.
    pub background: Arc<MemoryBackground>,
    ids: Arc<SequentialIds>,
}

impl MemoryWorld {
    /// A world at that time, under a provider of that name.
    #[must_use]
    pub fn new(provider: ProviderId, now: Timestamp) -> Option<Self> {
        let clock = Arc::new(ManualClock::new(now));
        let secret = SharedSecret::new("memory-secret")?;
        let account = ProviderAccount {
            id: AccountId::main(),
            provider: provider.clone(),
            mode: AccountMode::Test,
            credential: secret.clone(),
            for_user_id: None,
            provider_merchant_id: None,
            webhook_secrets: WebhookSecrets { current: secret, previous: None },
            nmid: None,
            terms: AccountTerms::default(),
        };
        Some(Self {
            store: Arc::new(MemoryStore::new(Self::clock_port(&clock))),
            provider: Arc::new(ScriptedProvider::new(provider, Self::clock_port(&clock))),
            feed: Arc::new(MemoryFeed::default()),
            vault: Arc::new(MemoryVault::under(KeyId::parse("memory").ok()?)),
            background: Arc::new(MemoryBackground::default()),
            ids: Arc::new(SequentialIds::new(1)),
            account,
            clock,
        })
    }

    fn clock_port(clock: &Arc<ManualClock>) -> Arc<dyn Clock> {
        Arc::<ManualClock>::clone(clock)
    }

    /// The ports of this world.
    #[must_use]
    pub fn ports(&self) -> Ports {
        let store = &self.store;
        let ids: Arc<dyn IdGenerator> = Arc::<SequentialIds>::clone(&self.ids);
        Ports {
            payments: Arc::<MemoryStore>::clone(store),
            orders: Arc::<MemoryStore>::clone(store),
            exceptions: Arc::<MemoryStore>::clone(store),
            idempotency: Arc::<MemoryStore>::clone(store),
            timeline: Arc::<MemoryStore>::clone(store),
            anchors: Arc::<MemoryStore>::clone(store),
            retention: Arc::<MemoryStore>::clone(store),
            offline: Arc::<MemoryStore>::clone(store),
            inbox: Arc::<MemoryStore>::clone(store),
            census: Arc::<MemoryStore>::clone(store),
            outbox: Arc::<MemoryStore>::clone(store),
            publisher: Arc::<MemoryFeed>::clone(&self.feed),
            ledger: Arc::new(OwnLedger::new(Arc::<MemoryStore>::clone(store), Arc::<MemoryStore>::clone(store))),
            accounts: Arc::new(StoredAccounts::new(
                EnvironmentAccounts::new([self.account.clone()]),
                Arc::<MemoryStore>::clone(store),
                Arc::<MemoryVault>::clone(&self.vault),
                Self::clock_port(&self.clock),
            )),
            budget: Arc::new(MemoryBudget::new(Self::clock_port(&self.clock), None)),
            watches: Arc::new(MemoryWatches::default()),
            wakeups: Arc::new(PollingWakeups::new(Self::clock_port(&self.clock))),
            clock: Self::clock_port(&self.clock),
            ids,
            witness: Arc::new(NoWitness),
            probe: Arc::new(NoProbe),
            background: Arc::<MemoryBackground>::clone(&self.background),
            providers: vec![Arc::<ScriptedProvider>::clone(&self.provider)],
            webhooks: vec![Arc::new(ScriptedWebhooks::of(self.account.provider.clone()))],
        }
    }

    /// A gateway on this world, with the settings everybody starts from.
    #[must_use]
    pub fn gateway(&self) -> Gateway {
        Gateway::new(self.ports(), Policies::default())
    }
}
