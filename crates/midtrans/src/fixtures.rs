//! Bodies of the real provider, read where they are kept and never copied. Every file of the folder is read by one
//! of the tests beneath: by which, its name tells.

mod replies;
mod requests;
mod snap;
mod webhooks;

use std::fs;
use std::path::{Path, PathBuf};

/// What a fixture is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What somebody sends to Midtrans.
    Request,
    /// What Midtrans answers.
    Reply,
    /// What Midtrans sends by itself.
    Webhook,
    /// Requests and replies, as they were recorded.
    Exchanges,
    /// Signatures with the keys they were made with.
    Vectors,
    /// Codes and what they mean.
    Codes,
    /// What official clients send.
    Wire,
    /// What Snap is sent and answers.
    Snap,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Request,
        Self::Reply,
        Self::Webhook,
        Self::Exchanges,
        Self::Vectors,
        Self::Codes,
        Self::Wire,
        Self::Snap,
    ];

    fn of(name: &str) -> Self {
        match name {
            "recorded.exchanges.json" => Self::Exchanges,
            "signature.vectors.json" => Self::Vectors,
            "table.status_codes.json" => Self::Codes,
            _ if name.starts_with("sdk.wire.") => Self::Wire,
            _ if name.starts_with("snap.") => Self::Snap,
            _ if name.starts_with("notification.") => Self::Webhook,
            _ if name.ends_with(".request.json") => Self::Request,
            _ if name.ends_with(".response.json") => Self::Reply,
            _ => panic!("nobody reads {name}"),
        }
    }
}

/// The folder of fixtures; `None`, said aloud, where this run has none and may do without.
fn folder(what: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the product")]
    let variable = |name: &str| std::env::var(name).ok();
    let folder = variable("PROVIDER_FIXTURES_DIR").map(|root| Path::new(&root).join("midtrans"));
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
fn every_fixture_is_of_a_kind_that_is_read() {
    let Some(folder) = folder("the list of fixtures") else { return };
    let read: usize = Kind::ALL.into_iter().map(|kind| fixtures(&folder, kind).len()).sum();
    let there = fs::read_dir(&folder).unwrap().count();
    assert_eq!(read + 1, there, "all but the list itself");
}
