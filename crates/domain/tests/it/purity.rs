//! The domain depends on no runtime, no HTTP and no database: what it depends on is a list.

use std::collections::BTreeSet;
use std::process::Command;

/// Everything the domain may stand on, itself aside, without the feature `mocks`.
const ALLOWED: &[&str] = &[
    "async-trait",
    "bigdecimal",
    "block-buffer",
    "cfg-if",
    "chrono",
    "cmov",
    "const-oid",
    "cpufeatures",
    "crypto-common",
    "ctutils",
    "digest",
    "hmac",
    "hybrid-array",
    "libm",
    "num-bigint",
    "num-integer",
    "num-traits",
    "proc-macro2",
    "quote",
    "secrecy",
    "sha2",
    "subtle",
    "syn",
    "thiserror",
    "thiserror-impl",
    "typenum",
    "unicode-ident",
    "uuid",
    "zeroize",
];

/// Some processors' features are asked of the C library.
const ON_SOME_PLATFORMS: &str = "libc";

#[test]
fn the_domain_stands_on_nothing_but_the_list() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "mstore-pay-domain", "-e", "normal", "--features", "memory", "--prefix", "none"])
        .args(["--format", "{p}", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let stands_on: BTreeSet<&str> =
        names.filter(|name| !["mstore-pay-domain", ON_SOME_PLATFORMS].contains(name)).collect();
    assert_eq!(stands_on, ALLOWED.iter().copied().collect());
}
