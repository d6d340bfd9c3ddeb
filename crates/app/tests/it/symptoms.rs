//! Every symptom of the runbook, provoked on a gateway of its own and found as the runbook says: by its commands, its
//! metrics, its log and the timeline.

mod money;
mod no_code;
mod pending;
mod refused;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::house::{SOON, qris, run};
use crate::served::Served;

const RUNBOOK: &str = include_str!("../../../../docs/runbook.md");
const PAYMENTS: &str = "/api/v1/pos/payments";
/// What is looked at again, until it is seen, comes every so often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A gateway with something wrong.
struct Patient {
    served: Served,
    /// Where the providers are played: here, or beside another gateway.
    sandbox: String,
    settings: Vec<String>,
}

impl Patient {
    /// One with a sandbox of its own, in which money is listed at once.
    fn with(settings: &[&str]) -> Self {
        let usual = ["--provider-order=xendit", "--sandbox-sweep-lag=0", "--log-filter=info"];
        let served = Served::start(&[&usual, settings].concat(), &[]);
        let sandbox = served.sandbox.clone();
        Self { served, sandbox, settings: settings.iter().map(|text| (*text).to_owned()).collect() }
    }

    /// One that reaches Xendit at that address.
    fn reaching(xendit: &str, settings: &[&str]) -> Self {
        let base = format!("--xendit-base-url={xendit}");
        Self::with(&[&[base.as_str()], settings].concat())
    }

    /// Asks for a QRIS payment; what is answered, whatever it is.
    async fn ask(&self, body: &Value) -> Value {
        self.served.call(Method::POST, PAYMENTS).json(body).send().await.unwrap().json().await.unwrap()
    }

    /// Sells an order that must be shown a code.
    async fn sell(&self, order: &str) -> Value {
        let answer = self.ask(&qris(order, 33_000)).await;
        assert_eq!(answer["code"], 200, "{answer}");
        answer["data"].clone()
    }

    /// The customer pays, as `more` says.
    async fn paid(&self, order: &str, more: &Value) {
        let mut body = json!({"provider": "xendit", "order_code": order});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.control(Method::POST, "pay", &body).await;
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/_control/{path}", self.sandbox);
        let answer = Client::builder().build().unwrap().request(method, url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        let call = self.served.call(Method::GET, path).header("accept-language", "en");
        call.send().await.unwrap().json().await.unwrap()
    }

    /// The payment, once it has that status.
    async fn until(&self, payment: &Value, status: &str) -> Value {
        let path = format!("{PAYMENTS}/{}", payment["payment_id"].as_str().unwrap());
        let deadline = Instant::now() + SOON;
        loop {
            let answer = self.read(&path).await;
            if answer["data"]["status"] == status {
                return answer["data"].clone();
            }
            assert!(Instant::now() < deadline, "not {status} in time: {answer}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn timeline(&self, payment: &Value) -> Value {
        self.read(&format!("{PAYMENTS}/{}/timeline", payment["payment_id"].as_str().unwrap())).await["data"].clone()
    }

    /// The metrics, once they show that.
    async fn until_metrics(&self, shows: &str) -> String {
        let deadline = Instant::now() + SOON;
        loop {
            let metrics = self.served.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
            if metrics.contains(shows) {
                return metrics;
            }
            assert!(Instant::now() < deadline, "{shows:?} is not shown in\n{metrics}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What the doctor says of it, with further settings.
    fn doctor(&self, more: &[&str]) -> String {
        let (database, public) = (self.served.database_url(), format!("--public-base-url={}", self.served.listen));
        let xendit = format!("--xendit-base-url={}/xendit", self.sandbox);
        let own = ["doctor", "--app-env=test", "--database-url", &database, &xendit, &public];
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        run(&[&own, settings.as_slice(), more].concat()).1
    }

    /// What a command says of its store while it works.
    fn command(&self, words: &[&str]) -> String {
        let (went_well, said) = run(&[words, &["--database-url", &self.served.database_url()]].concat());
        assert!(went_well, "{said}");
        said
    }
}

/// The first webhook that the sandbox sent, or lost, once there is one.
async fn until_sent(patient: &Patient) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let sent = patient.control(Method::GET, "webhooks", &json!({})).await;
        if let Some(first) = sent.as_array().and_then(|sent| sent.first()) {
            return first.clone();
        }
        assert!(Instant::now() < deadline, "no webhook was sent");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Expects `said` to show what the runbook names by that very text.
#[track_caller]
fn shows(said: &str, named: &str) {
    assert!(RUNBOOK.contains(named), "the runbook does not speak of {named:?}");
    assert!(said.contains(named), "{named:?} is not to be seen in\n{said}");
}

/// A row of the runbook's last table: the heading it leads to, and the tests that it names.
fn row(line: &str) -> (String, Vec<&str>) {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    assert_eq!(cells.len(), 4, "{line}");
    let (_, anchor) = cells[1].split_once("](#").expect("a symptom leads to a heading");
    (anchor.trim_end_matches(')').to_owned(), cells[3].split('`').filter(|text| text.contains("::")).collect())
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars().filter(|it| it.is_alphanumeric() || *it == ' ' || *it == '-').collect::<String>().replace(' ', "-")
}

#[test]
fn every_symptom_has_a_heading_and_a_test_and_every_heading_a_symptom() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (text, table) = RUNBOOK.split_once("\n## Which look finds what\n").expect("the last heading");
    let headings: BTreeSet<String> = text.lines().filter_map(|line| line.strip_prefix("## ")).map(anchor).collect();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| ") && line.contains("](#")).map(row).collect();
    let led_to: BTreeSet<String> = rows.iter().map(|(heading, _)| heading.clone()).collect();
    assert_eq!(led_to, headings, "headings with a symptom, headings");
    let mut named = BTreeSet::new();
    for (heading, tests) in &rows {
        assert!(!tests.is_empty(), "a symptom of {heading} names no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            assert!(source.contains(&format!("fn {name}(")), "{heading}: no {name} in {file}");
            named.insert(name);
        }
    }
    let ours = ["money.rs", "no_code.rs", "pending.rs", "refused.rs"]
        .map(|file| std::fs::read_to_string(root.join("crates/app/tests/it/symptoms").join(file)).unwrap());
    for source in &ours {
        let tests = source.split("#[tokio::test").skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split_once('('));
        for (test, _) in tests {
            assert!(named.contains(test), "no symptom of the runbook names {test}");
        }
    }
}
