//! Books that are held against the provider's.

use mstore_pay_throwaway_postgres::Database;
use tempfile::TempDir;

use crate::house::{House, run};

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// A store in which nothing was ever recorded, of the kind that the house has.
struct Blank {
    url: String,
    _folder: TempDir,
    _database: Option<Database>,
}

impl Blank {
    fn like(url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let database = (!url.starts_with("sqlite")).then(Database::empty);
        let file = format!("sqlite://{}", folder.path().join("blank.db").display());
        Self { url: database.as_ref().map_or(file, Database::url), _folder: folder, _database: database }
    }
}

fn reconcile(database: &str, sandbox: &str, since: &str) -> (bool, String) {
    let xendit = format!("{sandbox}/xendit");
    run(&["reconcile", "--app-env=test", "--database-url", database, "--xendit-base-url", &xendit, "--since", since])
}

fn unmatched(database: &str) -> usize {
    let (listed, said) = run(&["exceptions", "list", "--database-url", database]);
    assert!(listed, "{said}");
    said.lines().filter(|line| line.contains(" unmatched ")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_which_nothing_is_on_record_any_more_is_put_before_a_person() {
    let house = House::open().await;
    for order in ["TRX-1", "TRX-2"] {
        let payment = house.pay_by_qris(order, 33_000).await;
        house.customer_pays(order, true).await;
        house.until_status(&payment["payment_id"], "paid").await;
    }
    let blank = Blank::like(&house.database_url());
    for _ in 0..2 {
        let (succeeded, said) = reconcile(&blank.url, &house.sandbox, LONG_AGO);
        let books = "xendit main: asked 2, agreed 0, corrected 0, unknown 2, unanswered 0, of others 0";
        assert!(succeeded && said.contains(books), "{said}");
        assert_eq!(unmatched(&blank.url), 2);
    }
}

#[test]
fn a_provider_that_is_only_played_and_a_time_that_is_none_are_refused() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("none.db").display());
    let command = ["reconcile", "--app-env=test", "--database-url", &url, "--since"];
    let (succeeded, said) = run(&[&command[..], &[LONG_AGO]].concat());
    assert!(!succeeded && said.contains("is played by the sandbox"), "{said}");
    let (succeeded, said) = run(&[&command[..], &["yesterday"]].concat());
    assert!(!succeeded && said.contains("not a time with a zone"), "{said}");
}
