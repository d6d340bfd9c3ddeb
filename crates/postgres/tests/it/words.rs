//! The words that the database admits are the code's.

use std::collections::BTreeMap;

use mstore_pay_tables::rows::columns_of_words;

use crate::fixtures::Site;

/// The words of every `CHECK (column IN (...))`, by `table.column`.
fn admitted(site: &Site) -> BTreeMap<String, Vec<String>> {
    let checks = r"SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE contype = 'c' AND pg_get_constraintdef(oid) ~ '^CHECK \(\([a-z_]+ = ANY \(ARRAY\['";
    let of = |line: &str| {
        let (table, rest) = line.split_once(" CHECK ((").unwrap();
        let (column, list) = rest.split_once(" = ANY ").unwrap();
        let words = list.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect();
        (format!("{table}.{column}"), words)
    };
    site.run(checks).lines().map(of).collect()
}

#[test]
fn every_check_admits_exactly_the_words_of_the_code() {
    let words = columns_of_words().into_iter();
    let want: BTreeMap<String, Vec<String>> =
        words.map(|(column, words)| (column.to_owned(), words.into_iter().map(ToOwned::to_owned).collect())).collect();
    assert_eq!(admitted(&Site::new()), want);
}
