//! Books that are held against the provider's.

use mstore_pay_throwaway_postgres::Database;
use tempfile::TempDir;

use crate::house::{House, run};

const LONG_AGO: &str = "2020-01-01T00:00:00Z";
/// Money is in the provider's list as soon as it came.
const LISTED_AT_ONCE: &str = "--sandbox-sweep-lag=0";

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

/// The lines that `exceptions list` has for money that no charge fits.
fn unmatched(database: &str, more: &[&str]) -> Vec<String> {
    let (listed, said) = run(&[&["exceptions", "list", "--database-url", database], more].concat());
    assert!(listed, "{said}");
    said.lines().filter(|line| line.contains(" unmatched ")).map(ToOwned::to_owned).collect()
}

fn resolve(database: &str, exception: &str, resolution: &str) -> (bool, String) {
    let what = ["exceptions", "resolve", exception, "--resolution", resolution, "--reason", "paid back by hand"];
    run(&[&what[..], &["--app-env=test", "--database-url", database]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_which_nothing_is_on_record_any_more_is_put_before_a_person() {
    let house = House::open_with(&[LISTED_AT_ONCE]).await;
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
        assert_eq!(unmatched(&blank.url, &[]).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_nobody_is_resolved_once_at_the_command_line() {
    let house = House::open_with(&[LISTED_AT_ONCE]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let blank = Blank::like(&house.database_url());
    let must_reconcile = || {
        let (succeeded, said) = reconcile(&blank.url, &house.sandbox, LONG_AGO);
        assert!(succeeded, "{said}");
    };
    must_reconcile();
    let waiting = unmatched(&blank.url, &[]);
    let [line] = waiting.as_slice() else { panic!("expected one: {waiting:?}") };
    let exception = line.split(' ').find(|word| word.starts_with("exc_")).unwrap();
    let (resolved, said) = resolve(&blank.url, exception, "Paid back!");
    assert!(!resolved && said.contains("not a word of a to z and _"), "{said}");
    for _ in 0..2 {
        let (resolved, said) = resolve(&blank.url, exception, "refund");
        assert!(resolved && said.contains(&format!("{exception} is resolved: refund")), "{said}");
    }
    let (resolved, said) = resolve(&blank.url, exception, "ignore");
    assert!(!resolved && said.contains("resolved otherwise"), "{said}");
    must_reconcile();
    assert_eq!(unmatched(&blank.url, &[]), Vec::<String>::new(), "it is put before nobody again");
    let of_nobody = unmatched(&blank.url, &["--nobody"]);
    let [line] = of_nobody.as_slice() else { panic!("expected one: {of_nobody:?}") };
    assert!(line.contains(exception) && line.contains(" resolved "), "{line}");
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
