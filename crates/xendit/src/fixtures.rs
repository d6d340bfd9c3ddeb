//! Bodies of the real provider, read where they are kept and never copied. Every file of the folder is read by one
//! of the tests beneath: by which, its name tells.

mod replies;
mod requests;
mod webhooks;

use std::fs;
use std::path::{Path, PathBuf};

/// What a fixture is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What somebody sends to Xendit.
    Request,
    /// What Xendit answers.
    Reply,
    /// A request and its reply, as they were recorded.
    Exchange,
    /// What Xendit sends by itself.
    Webhook,
}

impl Kind {
    fn of(name: &str) -> Self {
        if name.contains(".webhook.") {
            Self::Webhook
        } else if name.ends_with(".exchange.json") {
            Self::Exchange
        } else if name.ends_with(".request.json") || name.ends_with("_migration.request.json") {
            Self::Request
        } else if name.contains(".response") || name.contains("error") {
            Self::Reply
        } else {
            panic!("nobody reads {name}")
        }
    }
}

/// The folder of fixtures; `None`, said aloud, where this run has none and may do without.
fn folder(what: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the product")]
    let variable = |name: &str| std::env::var(name).ok();
    let folder = variable("PROVIDER_FIXTURES_DIR").map(|root| Path::new(&root).join("xendit"));
    if folder.is_none() {
        assert_ne!(variable("REQUIRE_FIXTURES").as_deref(), Some("1"), "PROVIDER_FIXTURES_DIR is not set");
        println!("left out, for want of PROVIDER_FIXTURES_DIR: {what}");
    }
    folder
}

/// Names and contents of the fixtures of that kind.
fn fixtures(folder: &Path, kind: Kind) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let bodies = named.filter(|(name, _)| name != "MANIFEST.md");
    let mut found: Vec<_> =
        bodies.filter(|(name, _)| Kind::of(name) == kind).map(|(name, path)| (name, fs::read(path).unwrap())).collect();
    found.sort();
    assert!(!found.is_empty(), "no {kind:?} in {}", folder.display());
    found
}

#[test]
fn every_fixture_is_listed_and_every_listed_one_is_read() {
    let Some(folder) = folder("the list of fixtures") else { return };
    let manifest = fs::read_to_string(folder.join("MANIFEST.md")).unwrap();
    let cell = |line: &str| line.strip_prefix("| ")?.split(" | ").next().map(str::to_owned);
    let mut listed: Vec<String> =
        manifest.lines().filter_map(cell).filter(|name| Path::new(name).extension().is_some()).collect();
    let kinds = [Kind::Request, Kind::Reply, Kind::Exchange, Kind::Webhook];
    let read = kinds.into_iter().flat_map(|kind| fixtures(&folder, kind));
    let mut read: Vec<String> = read.map(|(name, _)| name).collect();
    listed.sort();
    read.sort();
    assert_eq!(read, listed);
}
