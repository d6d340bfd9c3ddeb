use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderRig, Scene};
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Operation, PaymentProvider};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_midtrans::MidtransApi;
use mstore_pay_sandbox::SandboxConfig;

use crate::support::{Bench, adapter, declining, nobody_listening};

/// The adapter and the sandbox it talks to.
pub(crate) struct MidtransRig {
    bench: Bench,
    api: MidtransApi,
    /// Tokens of cards that were not handed out: each pays once.
    card_tokens: Mutex<VecDeque<String>>,
    rules: Mutex<BTreeMap<Operation, String>>,
    /// In scenes that the sandbox cannot play, the adapter talks to another server.
    elsewhere: Mutex<Option<Arc<dyn PaymentProvider>>>,
}

impl MidtransRig {
    pub(crate) async fn new(api: MidtransApi) -> Self {
        let bench = Bench::speaking(api, SandboxConfig::default()).await;
        let mut card_tokens = VecDeque::new();
        for _ in 0..CARDS {
            card_tokens.push_back(bench.card_token("4811111111111114").await);
        }
        let (rules, elsewhere) = (Mutex::default(), Mutex::default());
        Self { bench, api, card_tokens: Mutex::new(card_tokens), rules, elsewhere }
    }
}

/// As many charges as one case opens by card.
const CARDS: usize = 4;

/// The sandbox's rule for a scene: effect and more.
fn rule(scene: Scene) -> Option<(&'static str, &'static str)> {
    match scene {
        Scene::TimeoutBefore => Some(("timeout_before", "")),
        Scene::TimeoutAfter => Some(("timeout_after", "")),
        Scene::Disconnect => Some(("disconnect_after", "")),
        Scene::ServerError => Some(("status_after", r#","status":500"#)),
        Scene::RateLimited => Some(("rate_limited", "")),
        Scene::Unauthorized => Some(("status_before", r#","status":401"#)),
        Scene::InvalidRequest => Some(("status_before", r#","status":400"#)),
        Scene::Garbage => Some(("html_error", r#","status":200"#)),
        Scene::WrongAmount => Some(("wrong_amount", "")),
        Scene::WrongReference => Some(("wrong_reference", "")),
        Scene::Normal | Scene::Unreachable | Scene::Declined => None,
    }
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Open => "open",
        Operation::Inquire => "inquire",
        Operation::Cancel => "cancel",
        Operation::Refund => "refund",
        Operation::Simulate => "simulate",
        Operation::Sweep => "sweep",
    }
}

#[async_trait]
impl ProviderRig for MidtransRig {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        let elsewhere = self.elsewhere.lock().unwrap().clone();
        elsewhere.unwrap_or_else(|| self.bench.midtrans.clone())
    }

    fn describe(&self) -> String {
        format!("{:?}", self.bench.midtrans)
    }

    fn account(&self) -> ProviderAccount {
        self.bench.account.clone()
    }

    fn secrets(&self) -> Vec<String> {
        let account = self.account();
        let in_the_header = data_encoding::BASE64.encode(format!("{}:", account.credential.expose()).as_bytes());
        vec![account.credential.expose().to_owned(), account.webhook_secrets.current.expose().to_owned(), in_the_header]
    }

    fn card_token(&self) -> String {
        self.card_tokens.lock().unwrap().pop_front().unwrap()
    }

    fn names_what_it_opens(&self) -> bool {
        self.api == MidtransApi::Core
    }

    fn now(&self) -> Timestamp {
        self.bench.sandbox.now().into()
    }

    async fn arrange(&self, operation: Operation, scene: Scene) {
        let other: Option<Arc<dyn PaymentProvider>> = match scene {
            Scene::Unreachable => Some(Arc::new(adapter(&nobody_listening(), self.api))),
            Scene::Declined => Some(Arc::new(adapter(&declining().await, self.api))),
            _ => None,
        };
        *self.elsewhere.lock().unwrap() = other;
        let rules = {
            let mut rules = self.rules.lock().unwrap();
            match rule(scene) {
                Some((effect, more)) => {
                    let operation_word = word(operation);
                    let text = format!(
                        r#"{{"provider":"midtrans","operation":"{operation_word}","effect":"{effect}"{more}}}"#
                    );
                    rules.insert(operation, text)
                }
                None => rules.remove(&operation),
            };
            rules.values().cloned().collect::<Vec<_>>().join(",")
        };
        self.bench.control("PUT", "/faults", &format!("[{rules}]")).await;
    }

    async fn pay(&self, reference: &OurReference, amount: &Money) -> ProviderRef {
        let payment = self.bench.pay_reference(reference, &format!(r#","amount":{amount}"#)).await;
        // What a card paid can be given back once it is settled.
        self.bench.control("POST", "/settle", &format!(r#"{{"provider":"midtrans","reference":"{reference}"}}"#)).await;
        payment
    }

    async fn expire(&self, reference: &OurReference) {
        let body = format!(r#"{{"provider":"midtrans","reference":"{reference}"}}"#);
        self.bench.control("POST", "/expire", &body).await;
    }

    async fn requests(&self) -> usize {
        self.bench.requests().await.len()
    }

    async fn objects(&self, reference: &OurReference) -> usize {
        let made = match self.api {
            MidtransApi::Core => self.bench.rows("/charges").await,
            MidtransApi::Snap => self.bench.rows("/pages").await,
        };
        made.iter().filter(|row| row.text("reference").as_deref() == Some(reference.as_str())).count()
    }
}
