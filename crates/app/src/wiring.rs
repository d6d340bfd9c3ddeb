//! Which adapter stands behind which port.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::accounts::{AccountDesk, EnvironmentAccounts, StoredAccounts, Unopened};
use mstore_pay_domain::endpoints::{EndpointDesk, EventTeller, SpreadingPublisher, TellPolicy, UnopenedEndpoint};
use mstore_pay_domain::gateway::{Gateway, Policies, Ports};
use mstore_pay_domain::ids::{AccountId, IdError, ProviderId};
use mstore_pay_domain::own_ledger::OwnLedger;
use mstore_pay_domain::ports::{
    Clock, NoProbe, PaymentProvider, Probe, RateBudget, StoreError, TransactionLedger, Vault, VaultError, WebhookSource,
};
use mstore_pay_midtrans::{ConfigError as MidtransConfigError, Midtrans, MidtransConfig, MidtransWebhooks};
use mstore_pay_outbound::{BaseUrlError, HttpClient, HttpError, layered};
use mstore_pay_remote_ledger::{RemoteLedger, RemoteLedgerConfig};
use mstore_pay_standard_webhooks::StandardWebhooks;
use mstore_pay_xendit::{ConfigError as XenditConfigError, Xendit, XenditConfig, XenditWebhooks};

use crate::config::{
    Config, LIVE_KEY_PREFIX, MIDTRANS_LIVE_KEY_PREFIX, MidtransAddresses, MidtransSettings, PerMinute, WorkersHere,
};
use crate::events::Bodies;
use crate::feed::Feed;
use crate::http::Links;
use crate::meter::{Meter, MeteredBudget};
use crate::observed::Observed;
use crate::probe::Failpoints;
use crate::readiness::{GuardedMidtrans, GuardedXendit, Readiness};
use crate::store::{CallLimits, Nodes, Store};
use crate::system::{SystemClock, TimedIds};
use crate::tasks::Tasks;
use crate::traced::TracedPayments;
use crate::vault::AesVault;

/// Between two questions about a payment that a till waits for while Xendit does not list its money in time. The others are
/// left at the usual pause: Midtrans asks for no more than one in ten seconds.
const XENDIT_WATCHED_PAUSE: Duration = Duration::from_secs(3);

/// Why the parts do not fit together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WiringError {
    #[error("could not set up the HTTP client")]
    Http(#[from] HttpError),
    #[error("could not set up Xendit")]
    Xendit(#[from] XenditConfigError),
    #[error("could not set up Midtrans")]
    Midtrans(#[from] MidtransConfigError),
    #[error("could not set up the ledger")]
    Ledger(#[from] BaseUrlError),
    #[error("could not say where notifications go")]
    Address(#[from] url::ParseError),
    #[error("could not name the provider")]
    Name(#[from] IdError),
    #[error("a secret of the account main is blank")]
    BlankSecret,
    #[error("could not read the accounts of merchants")]
    Accounts(#[from] StoreError),
    #[error("there are accounts of merchants ({provider}/{id}), and ACCOUNT_KEY is not given")]
    NoAccountKey { provider: ProviderId, id: AccountId },
    #[error("the secrets of {provider}/{id} are sealed under neither ACCOUNT_KEY nor ACCOUNT_KEY_PREVIOUS")]
    OtherAccountKey {
        provider: ProviderId,
        id: AccountId,
        #[source]
        source: VaultError,
    },
}

/// The gateway over its adapters.
pub(crate) struct Wired {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) readiness: Readiness,
    /// Where accounts of merchants are looked after.
    pub(crate) accounts: AccountDesk,
    /// Where endpoints of merchants are looked after.
    pub(crate) endpoints: EndpointDesk,
    /// What opens their secrets.
    pub(crate) vault: Arc<dyn Vault>,
    /// For a task that ends after all others.
    pub(crate) upkeep: BoxFuture<'static, ()>,
    /// To be waited for, with that task under way, before anything is taken on.
    pub(crate) known: BoxFuture<'static, ()>,
}

/// Where we are and where the providers are, once all are known.
pub(crate) struct Addresses {
    pub(crate) public: String,
    pub(crate) xendit: String,
    /// None where Midtrans takes no part.
    pub(crate) midtrans: Option<MidtransAddresses>,
}

impl Addresses {
    /// Where they are for a command that calls nobody.
    pub(crate) fn uncalled(config: &Config) -> Self {
        let nowhere = "http://127.0.0.1";
        let midtrans = config.midtrans.as_ref();
        Self {
            public: config.public_base_url.clone().unwrap_or_default(),
            xendit: config.xendit.base_url.clone().unwrap_or_else(|| nowhere.to_owned()),
            midtrans: midtrans.map(|known| {
                let addresses = known.addresses.clone();
                addresses.unwrap_or_else(|| MidtransAddresses::below(nowhere))
            }),
        }
    }
}

fn call_limits(config: &Config) -> Result<CallLimits, IdError> {
    let per_minute = |limit: PerMinute| limit.0.map(NonZeroU32::get);
    let of_midtrans =
        |midtrans: &MidtransSettings| Ok((ProviderId::parse(MidtransConfig::ID)?, per_minute(midtrans.rate_limit)));
    Ok(CallLimits {
        calls_per_minute: per_minute(config.xendit.rate_limit),
        of_provider: config.midtrans.iter().map(of_midtrans).collect::<Result<_, _>>()?,
    })
}

/// Puts everything together.
pub(crate) async fn wire(
    config: &Config,
    addresses: Addresses,
    store: Arc<dyn Store>,
    system: SystemClock,
    tasks: &Tasks,
) -> Result<Wired, WiringError> {
    let feed = Arc::new(Feed::default());
    let Nodes { wakeups, clock: shared, upkeep, known } = store.nodes(feed.clone(), Arc::new(system)).await;
    let clock = if system.is_real() { shared } else { Arc::new(system) };
    let budget: Arc<dyn RateBudget> =
        Arc::new(MeteredBudget::new(store.budget(Arc::clone(&clock), call_limits(config)?)));
    let Providers { xendit, midtrans, all, webhooks } = providers(config, &addresses, &clock, &budget)?;
    let vault: Arc<dyn Vault> = Arc::new(AesVault::new(config.account_keys.clone()));
    let desk = AccountDesk::new(store.clone(), Arc::clone(&vault), Arc::clone(&clock));
    must_open(&desk.unopened().await?)?;
    let endpoints = EndpointDesk::new(store.clone(), store.clone(), Arc::clone(&vault), Arc::clone(&clock));
    name_unopened(&endpoints.unopened().await?);
    let accounts = StoredAccounts::new(environment(config)?, store.clone(), Arc::clone(&vault), Arc::clone(&clock));
    let probe: Arc<dyn Probe> = match config.failpoints.as_deref().map(Failpoints::parse) {
        Some(Ok(failpoints)) => Arc::new(failpoints),
        Some(Err(_)) | None => Arc::new(NoProbe),
    };
    let ports = Ports {
        payments: match &config.traces {
            Some(_) => Arc::new(TracedPayments::new(store.clone(), config.database.word())),
            None => store.clone(),
        },
        orders: store.clone(),
        exceptions: store.clone(),
        idempotency: store.clone(),
        timeline: store.clone(),
        anchors: store.clone(),
        retention: store.clone(),
        offline: store.clone(),
        inbox: store.clone(),
        census: store.clone(),
        outbox: store.clone(),
        publisher: Arc::new(SpreadingPublisher::new(store.clone(), feed.clone())),
        ledger: ledger(config, &store)?,
        accounts: Arc::new(accounts),
        budget,
        watches: store.watches(),
        wakeups,
        clock,
        ids: Arc::new(TimedIds::by(system)),
        witness: Arc::new(Meter),
        probe,
        background: Arc::new(tasks.clone()),
        providers: all,
        webhooks,
    };
    let policies = Policies {
        provider_order: config.provider_order.clone(),
        confirm_webhooks: config.confirm_webhooks,
        failover_on_unknown: config.failover_on_unknown,
        leaves_work: config.workers == WorkersHere::Off,
        retention: config.retention,
        public_base_url: addresses.public,
        watched_pauses: BTreeMap::from([(ProviderId::parse(XenditConfig::ID)?, XENDIT_WATCHED_PAUSE)]),
        ..Policies::default()
    };
    let gateway = Arc::new(Gateway::new(ports, policies));
    let readiness = Readiness { store, xendit, midtrans };
    Ok(Wired { gateway, feed, readiness, accounts: desk, endpoints, vault, upkeep, known })
}

/// Who tells endpoints. It is as patient by the calendar as payments age by it.
pub(crate) fn teller(
    config: &Config,
    gateway: &Arc<Gateway>,
    store: &Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    links: &Links,
    system: SystemClock,
) -> Result<EventTeller, WiringError> {
    let policy = TellPolicy::default();
    let http = HttpClient::within(config.event_reach)?;
    Ok(EventTeller {
        dispatches: store.clone(),
        endpoints: store.clone(),
        bodies: Arc::new(Bodies::new(Arc::clone(gateway), links.clone())),
        vault,
        // Receivers hold the time of a signature against the world's.
        sender: Arc::new(StandardWebhooks::new(http, Arc::new(SystemClock::REAL))),
        clock: Arc::clone(&gateway.ports().clock),
        ids: Arc::clone(&gateway.ports().ids),
        policy: TellPolicy {
            pause_first: system.real_time(policy.pause_first),
            pause_max: system.real_time(policy.pause_max),
            ..policy
        },
    })
}

/// Who owns the orders: our own store, or a service of somebody else.
fn ledger(config: &Config, store: &Arc<dyn Store>) -> Result<Arc<dyn TransactionLedger>, WiringError> {
    let Some(settings) = &config.ledger else {
        return Ok(Arc::new(OwnLedger::new(store.clone(), store.clone())));
    };
    let reached = RemoteLedgerConfig::new(&settings.base_url)?;
    let token = settings.token.as_ref().and_then(|token| SharedSecret::new(token.expose()));
    let reached = token.into_iter().fold(reached, RemoteLedgerConfig::with_token);
    Ok(Arc::new(RemoteLedger::new(HttpClient::new()?, reached)))
}

/// Who opens charges, and who reads what they tell.
struct Providers {
    xendit: Arc<GuardedXendit>,
    midtrans: Option<Arc<GuardedMidtrans>>,
    all: Vec<Arc<dyn PaymentProvider>>,
    webhooks: Vec<Arc<dyn WebhookSource>>,
}

fn providers(
    config: &Config,
    addresses: &Addresses,
    clock: &Arc<dyn Clock>,
    budget: &Arc<dyn RateBudget>,
) -> Result<Providers, WiringError> {
    let (xendit, of_xendit) = guarded_xendit(config, &addresses.xendit, clock, budget)?;
    let mut all: Vec<Arc<dyn PaymentProvider>> = vec![xendit.clone()];
    let mut webhooks: Vec<Arc<dyn WebhookSource>> = vec![Arc::new(of_xendit)];
    let Some(midtrans_at) = &addresses.midtrans else {
        return Ok(Providers { xendit, midtrans: None, all, webhooks });
    };
    let (midtrans, of_midtrans) = guarded_midtrans(config, midtrans_at, clock, budget)?;
    all.push(midtrans.clone());
    webhooks.push(Arc::new(of_midtrans));
    Ok(Providers { xendit, midtrans: Some(midtrans), all, webhooks })
}

/// Midtrans as it is reached there, with everything before it, and what reads its notifications.
pub(crate) fn guarded_midtrans(
    config: &Config,
    addresses: &MidtransAddresses,
    clock: &Arc<dyn Clock>,
    budget: &Arc<dyn RateBudget>,
) -> Result<(Arc<GuardedMidtrans>, MidtransWebhooks), WiringError> {
    let midtrans = config.midtrans.as_ref();
    let api = midtrans.map(|of| of.api).unwrap_or_default();
    let mut reached = MidtransConfig::new(&addresses.core, &addresses.snap)?.with_api(api);
    // The sandbox in this process is told where to send; Midtrans is, where we know how the outside reaches us.
    let is_played = midtrans.is_some_and(|of| of.addresses.is_none());
    if let Some(public) = config.public_base_url.as_deref().filter(|_| !is_played) {
        let below = format!("{}/api/v1/webhook/{}", public.trim_end_matches('/'), MidtransConfig::ID);
        reached = reached.with_notifications(below.parse()?);
    }
    let webhooks = MidtransWebhooks::new(&reached);
    let midtrans = Midtrans::new(HttpClient::new()?, reached).with_budget(Arc::clone(budget));
    Ok((Arc::new(Observed::new(layered(midtrans, budget, clock))), webhooks))
}

/// Xendit as it is reached there, with everything before it, and what reads its webhooks.
pub(crate) fn guarded_xendit(
    config: &Config,
    base_url: &str,
    clock: &Arc<dyn Clock>,
    budget: &Arc<dyn RateBudget>,
) -> Result<(Arc<GuardedXendit>, XenditWebhooks), WiringError> {
    let reached = XenditConfig::new(base_url, config.xendit.verification)?.with_api(config.xendit.api);
    let webhooks = XenditWebhooks::new(&reached);
    let xendit = Xendit::new(HttpClient::new()?, reached).with_budget(Arc::clone(budget));
    Ok((Arc::new(Observed::new(layered(xendit, budget, clock))), webhooks))
}

/// The environment's account at Xendit, `main`.
fn main_account(config: &Config) -> Result<ProviderAccount, WiringError> {
    let secret = |text: &str| SharedSecret::new(text).ok_or(WiringError::BlankSecret);
    let xendit = &config.xendit;
    let live = config.env.is_production() || xendit.secret_key.expose().starts_with(LIVE_KEY_PREFIX);
    let mode = if live { AccountMode::Live } else { AccountMode::Test };
    Ok(ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse(XenditConfig::ID)?,
        mode,
        credential: secret(xendit.secret_key.expose())?,
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets {
            current: secret(xendit.webhook_token.expose())?,
            previous: xendit.webhook_token_previous.as_ref().and_then(|token| SharedSecret::new(token.expose())),
        },
        nmid: xendit.nmid.clone(),
        terms: AccountTerms::default(),
    })
}

/// The environment's account at Midtrans, `main` as well.
fn midtrans_account(midtrans: &MidtransSettings) -> Result<ProviderAccount, WiringError> {
    let key = || SharedSecret::new(midtrans.server_key.expose()).ok_or(WiringError::BlankSecret);
    let is_live = midtrans.server_key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    Ok(ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse(MidtransConfig::ID)?,
        mode: if is_live { AccountMode::Live } else { AccountMode::Test },
        credential: key()?,
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets {
            current: key()?,
            previous: midtrans.server_key_previous.as_ref().and_then(|key| SharedSecret::new(key.expose())),
        },
        nmid: midtrans.nmid.clone(),
        terms: AccountTerms::default(),
    })
}

/// The environment's accounts, and whom they serve.
pub(crate) fn environment(config: &Config) -> Result<EnvironmentAccounts, WiringError> {
    let accounts = EnvironmentAccounts::new(own_accounts(config)?);
    Ok(match config.main_account_merchants.as_slice() {
        [] => accounts,
        merchants => accounts.serving(merchants.iter().cloned()),
    })
}

/// The environment's accounts.
pub(crate) fn own_accounts(config: &Config) -> Result<Vec<ProviderAccount>, WiringError> {
    let of_midtrans = config.midtrans.as_ref().map(midtrans_account).transpose()?;
    Ok(std::iter::once(main_account(config)?).chain(of_midtrans).collect())
}

/// Endpoints that cannot be told keep nobody from selling.
fn name_unopened(unopened: &[UnopenedEndpoint]) {
    for UnopenedEndpoint { id, why } in unopened {
        tracing::error!(endpoint = %id, "the secrets of endpoint {id} do not open: {why}");
    }
}

/// Refuses to start without the key that opens accounts. One whose seal is broken is left to its merchant's sorrow, and
/// to whoever reads the log: the others go on selling.
fn must_open(unopened: &[Unopened]) -> Result<(), WiringError> {
    for Unopened { provider, id, why } in unopened {
        let (provider, id) = (provider.clone(), id.clone());
        match why {
            VaultError::NoKey => return Err(WiringError::NoAccountKey { provider, id }),
            VaultError::UnknownKey(_) => {
                return Err(WiringError::OtherAccountKey { provider, id, source: why.clone() });
            }
            _ => tracing::error!(%provider, account = %id, "the secrets of {provider}/{id} do not open: {why}"),
        }
    }
    Ok(())
}
