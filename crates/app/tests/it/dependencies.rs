//! What this workspace is built from is what `deny.toml` allows: `cargo deny` is not on every machine, and this is.

use std::collections::BTreeSet;
use std::process::Command;

use spdx::{Expression, ParseMode};

const DENY: &str = include_str!("../../../../deny.toml");

/// Every package that a build or a test of this machine takes in: its name, where it is from if that is not the registry, and
/// its licence.
fn packages() -> BTreeSet<(String, Option<String>, String)> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}|{l}"])
        .args(["--offline", "--locked", "--no-dedupe"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let read = |line: &str| {
        let (package, licence) = line.rsplit_once('|').unwrap();
        let mut words = package.split(' ');
        let name = words.next().unwrap().to_owned();
        let from = words.find(|word| word.starts_with('(') && *word != "(proc-macro)").map(ToOwned::to_owned);
        (name, from, licence.to_owned())
    };
    tree.lines().filter(|line| !line.is_empty()).map(read).collect()
}

/// What stands in quotes between that line and the bracket that ends it.
fn listed(after: &str) -> Vec<&str> {
    let (_, rest) = DENY.split_once(after).unwrap();
    let (list, _) = rest.split_once("\n]").unwrap();
    list.lines().filter_map(|line| line.split('"').nth(1)).collect()
}

fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    // The error shows the text that it is about.
    Expression::parse_mode(licence, ParseMode::LAX)
        .unwrap()
        .evaluate(|wanted| allowed.contains(&wanted.to_string().as_str()))
}

#[track_caller]
fn check(licence: &str, want: bool) {
    assert_eq!(is_allowed(licence, &listed("allow = [")), want, "{licence}");
}

#[test]
fn a_licence_is_allowed_if_one_way_to_read_it_is() {
    check("MIT OR Apache-2.0", true);
    check("MIT/GPL-3.0", true);
    check("(MIT OR GPL-3.0-only) AND Unicode-3.0", true);
    check("MIT AND GPL-3.0-only", false);
    check("GPL-3.0-only", false);
}

#[test]
fn every_dependency_is_from_the_registry_and_under_a_licence_that_is_allowed() {
    let (allowed, banned) = (listed("allow = ["), listed("deny = ["));
    assert!(allowed.contains(&"MIT") && banned.contains(&"openssl-sys"), "{allowed:?} {banned:?}");
    let packages = packages();
    assert!(packages.len() > 100, "{packages:?}");
    let own = env!("CARGO_MANIFEST_DIR").trim_end_matches("/crates/app");
    let wrong = packages.iter().filter(|(name, from, licence)| {
        let is_ours = from.as_ref().is_some_and(|from| from.starts_with(&format!("({own}/")));
        !is_ours && (from.is_some() || banned.contains(&name.as_str()) || !is_allowed(licence, &allowed))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&(String, Option<String>, String)>::new());
}
