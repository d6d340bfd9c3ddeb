//! The page of security names every point of the checklist once, and only tests that exist.

use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/security.md");
const POINTS: usize = 40;

/// A row of the table: which point it is of, and the tests that it names.
fn row(line: &str) -> (&str, Vec<&str>) {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    assert_eq!(cells.len(), 4, "{line}");
    (cells[0], cells[3].split('`').filter(|text| text.contains("::")).collect())
}

#[test]
fn every_point_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| S")).map(row).collect();
    let points: Vec<String> = rows.iter().map(|(point, _)| (*point).to_owned()).collect();
    assert_eq!(points, (1..=POINTS).map(|number| format!("S{number}")).collect::<Vec<_>>());
    for (point, tests) in rows {
        assert!(!tests.is_empty(), "{point} names no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            // Cases of a suite and functions in a module beneath are called as they are.
            let is_there = source.contains(&format!("fn {name}("));
            assert!(is_there, "{point}: no {name} in {file}");
        }
    }
}
