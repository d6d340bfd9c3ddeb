//! Hostile requests, each with the answer and the effect expected of it, read from the file that `BAD_INPUTS_FILE`
//! names and tried on the real gateway. Effects are judged from the provider's books, the public API and
//! the inbox.
//!
//! Without the file the test says what it left out; with `REQUIRE_FIXTURES=1` it fails then.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a failed run says where its files are")]

mod canary;
mod case;
mod effects;
mod fixture;
mod hygiene;
mod jwt;
mod midtrans;
mod reports;
#[path = "../faults"]
mod faults {
    #[expect(dead_code, reason = "the fault programme strikes at more than this one does")]
    pub(crate) mod rig;
}
mod wire;

use std::path::PathBuf;

use case::Case;
use fixture::Bench;

use faults::rig;
use rig::StoreKind;

/// Where the gateway opens charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Xendit,
    XenditV2,
    Midtrans,
}

impl Provider {
    /// Where a line is tried.
    fn of(case: &Case) -> Self {
        // The minimum of Rp 1,500 is that of Xendit's older API.
        if ["amount-004", "amount-005"].contains(&case.id.as_str()) {
            return Self::XenditV2;
        }
        if case.step.path.ends_with("/webhook/midtrans") { Self::Midtrans } else { Self::Xendit }
    }
}

/// Where the wire contract says otherwise than the file: the status that the contract wants.
fn by_contract(case: &Case) -> Option<u16> {
    // The order code alone fills the 64 KiB that a request may have: over the limit is 413.
    (case.id == "order_code-003").then_some(413)
}

/// The good items of the file's batches have references that say no day; the contract wants `DEVICE-YYYYMMDD-SEQ`.
fn in_the_contracts_form(line: &str) -> String {
    line.replace("\"OK-{{UNIQ}}\"", "\"OK-20251013-{{UNIQ}}\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_answered_as_expected_and_has_no_other_effect() {
    try_all(StoreKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_answered_as_expected_on_postgres_too() {
    try_all(StoreKind::Postgres).await;
}

async fn try_all(store: StoreKind) {
    let Some(file) = std::env::var_os("BAD_INPUTS_FILE").map(PathBuf::from) else {
        assert!(std::env::var_os("REQUIRE_FIXTURES").is_none_or(|value| value != "1"), "BAD_INPUTS_FILE is not set");
        println!("bad inputs: BAD_INPUTS_FILE is not set, all cases left out");
        return;
    };
    let text = std::fs::read_to_string(&file).expect("BAD_INPUTS_FILE can be read");
    let lines = text.lines().filter(|line| !line.trim().is_empty()).map(in_the_contracts_form);
    let mut cases: Vec<Case> = lines.map(|line| Case::read(&line)).collect();
    for case in &mut cases {
        let wanted = by_contract(case);
        case.step.expect_status.extend(wanted);
    }
    let of =
        |provider: Provider| -> Vec<&Case> { cases.iter().filter(|case| Provider::of(case) == provider).collect() };
    let mut missed = Vec::new();
    for provider in [Provider::Xendit, Provider::XenditV2, Provider::Midtrans] {
        missed.extend(missed_of(&of(provider), store, provider).await);
    }
    println!("bad inputs on {}: n={} missed={}", store.word(), cases.len(), missed.len());
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

/// Tries them on a gateway that opens charges there; what was missed.
async fn missed_of(cases: &[&Case], store: StoreKind, provider: Provider) -> Vec<String> {
    let mut bench = Bench::set_up(store, provider).await;
    let mut missed = Vec::new();
    for case in cases {
        let why = bench.try_case(case).await;
        if !why.is_empty() {
            missed.push(format!("{}: {} -- {}", case.id, why.join("; "), case.why));
        }
    }
    missed.extend(bench.look_back().await);
    missed
}
