//! The tables that only a shared database has: what nodes tell each other. A test compares all of them with a
//! migrated database.

diesel::table! {
    use diesel::sql_types::{Text};

    rate_budget (provider, account_id, endpoint) {
        provider -> Text,
        account_id -> Text,
        endpoint -> Text,
        sliding -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{Text};
    use mstore_pay_tables::types::UtcTime;

    watches (payment_id) {
        payment_id -> Text,
        until -> UtcTime,
    }
}

#[cfg(test)]
mod tests {
    use diesel::pg::Pg;
    use diesel::query_builder::{AsQuery, QueryFragment};
    use mstore_pay_tables::each_table;
    use mstore_pay_throwaway_postgres::Database;

    use super::*;
    use crate::migrate;

    fn names(database: &Database, sql: &str) -> Vec<String> {
        database.run(sql).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    /// A table and its columns as its queries name them.
    fn queried(table: impl AsQuery<Query: QueryFragment<Pg>>) -> (String, Vec<String>) {
        let sql = diesel::debug_query::<Pg, _>(&table.as_query()).to_string();
        let quoted: Vec<&str> = sql.split('"').skip(1).step_by(2).collect();
        let (table, columns) = quoted.split_last().unwrap();
        let columns = columns.iter().filter(|name| *name != table);
        ((*table).to_owned(), columns.map(|&name| name.to_owned()).collect())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_tables_of_the_queries_are_those_of_a_migrated_database() {
        let database = Database::empty();
        migrate(&database.url()).await.unwrap();
        let mut tables = Vec::from(each_table!(queried));
        tables.extend([queried(rate_budget::table), queried(watches::table)]);
        tables.sort();
        for (table, columns) in &tables {
            let all = format!(
                "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            );
            assert_eq!(*columns, names(&database, &all), "{table}");
        }
        let all = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%' \
                   ORDER BY tablename";
        assert_eq!(tables.into_iter().map(|(table, _)| table).collect::<Vec<_>>(), names(&database, all));
    }
}
