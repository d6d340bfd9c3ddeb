//! Who may depend on whom, read from the manifests of the workspace around this crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Shipped = BTreeMap<String, BTreeSet<String>>;

/// What each crate depends on in what ships, test dependencies aside. Empty for the packaged crate.
fn shipped() -> Shipped {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifests = fs::read_dir(crates).unwrap().filter_map(|entry| {
        let folder = entry.unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).ok()?;
        Some((folder.file_name().into_string().unwrap(), manifest))
    });
    let all: Shipped = manifests.map(|(name, manifest)| (name, dependencies(&manifest))).collect();
    if all.contains_key("app") { all } else { Shipped::new() }
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=']).next())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

/// Checks that of all crates only these name a library.
#[track_caller]
fn check_only(library: &str, allowed: &[&str]) {
    for (name, dependencies) in shipped() {
        let may = allowed.contains(&name.as_str());
        assert!(may || !dependencies.contains(library), "{name} must not depend on {library}");
    }
}

#[test]
fn a_library_is_named_only_where_its_role_is() {
    check_only("reqwest", &["outbound", "sandbox"]);
    check_only("diesel", &["postgres", "sqlite", "tables"]);
    check_only("actix-web", &["app", "sandbox"]);
}

#[test]
fn no_adapter_depends_on_an_adapter() {
    let adapters = ["xendit", "midtrans", "sqlite", "postgres", "remote-ledger", "standard-webhooks"];
    for (name, dependencies) in shipped() {
        for other in adapters.iter().filter(|_| adapters.contains(&name.as_str())) {
            assert!(!dependencies.contains(&format!("mstore-pay-{other}")), "{name} depends on {other}");
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in shipped().keys() {
        let manifest = fs::read_to_string(crates.join(name).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} does not take the workspace's lints");
    }
}

#[test]
fn cargo_run_in_the_root_runs_the_gateway() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = |name: &String| fs::read_to_string(crates.join(name).join("Cargo.toml")).unwrap();
    let runs: Vec<String> = shipped()
        .keys()
        .flat_map(|name| manifest(name).lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.starts_with("default-run"))
        .collect();
    // The packaged crate has none around it.
    assert!(shipped().is_empty() || runs == ["default-run = \"mstore-pay\""], "{runs:?}");
}

/// Every file of sources beneath a folder.
fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path())).into_iter().flatten();
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let beneath = folders.iter().flat_map(|folder| sources(folder));
    beneath.chain(files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"))).collect()
}

/// The one crate in which an operator may ask for encryption to whoever answers: to the database, by name.
const LOOKS_AWAY_IF_ASKED: &str = "postgres";

#[test]
fn nothing_that_ships_looks_away_from_a_certificate() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in shipped().keys().filter(|name| *name != LOOKS_AWAY_IF_ASKED) {
        for file in sources(&crates.join(name).join("src")) {
            let source = fs::read_to_string(&file).unwrap();
            let looks_away = ["danger_accept", ".dangerous()", "ServerCertVerifier for"];
            let found = looks_away.into_iter().find(|word| source.contains(word));
            assert_eq!(found, None, "{}", file.display());
        }
    }
}
