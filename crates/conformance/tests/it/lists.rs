//! The lists name every case there is: one that is written and not listed would never run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Collects the names of a list.
macro_rules! names {
    ([] $($case:ident,)*) => { [$(stringify!($case)),*].map(str::to_owned).into_iter().collect() };
}

/// The cases that are written in the sources of a suite.
fn written(suite: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(suite);
    let sources = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let names = |source: String| {
        let lines = source.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        lines.filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    sources.flat_map(names).collect()
}

#[track_caller]
fn check(suite: &str, listed: &BTreeSet<String>) {
    assert_eq!(listed, &written(suite), "{suite}");
}

#[test]
fn every_case_that_is_written_is_listed() {
    check("store", &mstore_pay_conformance::for_each_store_case!([names]));
    check("provider", &mstore_pay_conformance::for_each_provider_case!([names]));
    check("webhook", &mstore_pay_conformance::for_each_webhook_case!([names]));
    check("budget", &mstore_pay_conformance::for_each_budget_case!([names]));
    check("ledger", &mstore_pay_conformance::for_each_ledger_case!([names]));
}
