//! The seeds of the fuzz targets (`fuzz/seeds`, a folder each), tried without a fuzzer: as they are, and bent a little.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// How many places of a seed are tried to cut or to change it at: evenly spread, so that a long seed takes no longer.
const PLACES_MAX: usize = 64;
/// What a byte is changed into: an end of text, of a string, of an object, another digit, and no character at all.
const PUT_IN: [u8; 5] = [0, b'"', b'}', b'9', 0xFF];

/// Where the seeds of a target are.
#[must_use]
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target)
}

/// Tries every seed of a target, each cut short, and each with a byte changed.
///
/// # Panics
/// Where the target panics, naming the seeds that it did on; where there is no seed.
#[track_caller]
pub fn replay(target: &str, run: impl Fn(&[u8])) {
    let seeds = seeds(&folder(target));
    assert!(!seeds.is_empty(), "no seed of {target} in {}", folder(target).display());
    let failed: Vec<String> = seeds
        .iter()
        .flat_map(|(name, seed)| {
            let broken = bent(seed).into_iter().filter(|(_, input)| !holds(&run, input));
            broken.map(move |(how, input)| format!("{name} {how}: {:?}", String::from_utf8_lossy(&input)))
        })
        .collect();
    assert!(failed.is_empty(), "{} inputs of {target} failed, among them {:#?}", failed.len(), failed.first());
}

fn holds(run: &impl Fn(&[u8]), input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| run(input))).is_ok()
}

/// Names and contents, by name; nothing where there is no such folder.
fn seeds(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let read = |path: PathBuf| Some((path.file_name()?.to_string_lossy().into_owned(), fs::read(&path).ok()?));
    let mut seeds: Vec<(String, Vec<u8>)> = entries.filter_map(|entry| read(entry.path())).collect();
    seeds.sort();
    seeds
}

/// A seed as it is, then bent, each with how.
fn bent(seed: &[u8]) -> Vec<(String, Vec<u8>)> {
    let step = seed.len().div_ceil(PLACES_MAX).max(1);
    let places = || (0..seed.len()).step_by(step);
    let cut = places().filter_map(|at| Some((format!("cut at {at}"), seed.get(..at)?.to_vec())));
    let changed = places().enumerate().filter_map(|(nth, at)| {
        let put_in = PUT_IN.iter().cycle().nth(nth)?;
        let mut bytes = seed.to_vec();
        *bytes.get_mut(at)? = *put_in;
        Some((format!("with {put_in:#04x} at {at}"), bytes))
    });
    std::iter::once(("as it is".to_owned(), seed.to_vec())).chain(cut).chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_tried_whole_cut_and_changed() {
        let tried: Vec<Vec<u8>> = bent(b"ab").into_iter().map(|(_, input)| input).collect();
        assert_eq!(tried, [b"ab".to_vec(), b"".to_vec(), b"a".to_vec(), b"\0b".to_vec(), b"a\"".to_vec()]);
        assert_eq!(bent(&[7; 10_000]).len(), 1 + 2 * 64);
    }

    #[test]
    fn every_target_has_seeds_and_a_test_that_replays_them() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
        let manifest = read(root.join("fuzz/Cargo.toml"));
        let named =
            manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""));
        let targets: Vec<&str> = named.collect();
        let crates = ["domain", "xendit", "midtrans", "app"];
        let replays: String = crates.map(|name| read(root.join("crates").join(name).join("src/fuzzing.rs"))).concat();
        for target in &targets {
            assert!(!seeds(&folder(target)).is_empty(), "{target} has no seed");
            assert!(replays.contains(&format!("replay(\"{target}\"")), "no test replays the seeds of {target}");
        }
        let folders = fs::read_dir(root.join("fuzz/seeds")).unwrap().count();
        assert_eq!((targets.len(), folders), (10, 10));
    }

    #[test]
    #[should_panic(expected = "no seed of nothing")]
    fn a_target_without_seeds_fails() {
        replay("nothing", |_| {});
    }
}
