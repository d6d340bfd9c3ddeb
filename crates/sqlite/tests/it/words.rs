//! The words that the database admits are the code's.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use mstore_pay_tables::rows::columns_of_words;

use crate::fixtures::Site;

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// The words of every `CHECK (column IN (...))`, by `table.column`.
fn admitted(site: &Site) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<Table> =
        diesel::sql_query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql <> ''")
            .load(&mut site.raw())
            .unwrap();
    let lists = tables.iter().flat_map(|table| {
        let checks = table.sql.split("CHECK (").skip(1);
        checks.filter_map(|check| {
            let (column, list) = check.split_once(" IN (")?;
            let is_column = column.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            let (list, _) = list.split_once("))").filter(|_| is_column)?;
            let words = list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect();
            Some((format!("{}.{column}", table.name), words))
        })
    });
    lists.collect()
}

#[test]
fn every_check_admits_exactly_the_words_of_the_code() {
    let site = Site::new();
    mstore_pay_sqlite::migrate(&site.path()).unwrap();
    // Calls are counted in memory where there is one process.
    let words = columns_of_words().into_iter().filter(|(column, _)| *column != "rate_budget.endpoint");
    let want: BTreeMap<String, Vec<String>> =
        words.map(|(column, words)| (column.to_owned(), words.into_iter().map(ToOwned::to_owned).collect())).collect();
    assert_eq!(admitted(&site), want);
}
