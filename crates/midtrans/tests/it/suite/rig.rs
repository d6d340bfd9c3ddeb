use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderRig, Scene};
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Operation, PaymentProvider};
use mstore_pay_domain::time::Timestamp;

use crate::support::{Bench, adapter, declining, nobody_listening};

/// The adapter and the sandbox it talks to.
pub(crate) struct MidtransRig {
    bench: Bench,
    rules: Mutex<BTreeMap<Operation, String>>,
    /// In scenes that the sandbox cannot play, the adapter talks to another server.
    elsewhere: Mutex<Option<Arc<dyn PaymentProvider>>>,
}

impl MidtransRig {
    pub(crate) async fn new() -> Self {
        Self { bench: Bench::new().await, rules: Mutex::default(), elsewhere: Mutex::default() }
    }
}

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

    fn now(&self) -> Timestamp {
        self.bench.sandbox.now().into()
    }

    async fn arrange(&self, operation: Operation, scene: Scene) {
        let other: Option<Arc<dyn PaymentProvider>> = match scene {
            Scene::Unreachable => Some(Arc::new(adapter(&nobody_listening()))),
            Scene::Declined => Some(Arc::new(adapter(&declining().await))),
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
        self.bench.pay_reference(reference, &format!(r#","amount":{amount}"#)).await
    }

    async fn expire(&self, reference: &OurReference) {
        let body = format!(r#"{{"provider":"midtrans","reference":"{reference}"}}"#);
        self.bench.control("POST", "/expire", &body).await;
    }

    async fn requests(&self) -> usize {
        self.bench.requests().await.len()
    }

    async fn objects(&self, reference: &OurReference) -> usize {
        let charges = self.bench.rows("/charges").await;
        charges.iter().filter(|row| row.text("reference").as_deref() == Some(reference.as_str())).count()
    }
}
