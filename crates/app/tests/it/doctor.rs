//! The doctor says what is wrong, and what to do about it.

use reqwest::Method;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::house::{House, run};

/// Examines a gateway at work, with further settings.
fn examine(house: &House, more: &[&str]) -> (bool, String) {
    let (database, xendit) = (house.database_url(), format!("--xendit-base-url={}/xendit", house.sandbox));
    let public = format!("--public-base-url={}", house.base);
    let own = ["doctor", "--app-env=test", "--database-url", &database, &xendit, &public];
    run(&[&own[..], more].concat())
}

/// Examines a gateway in which something is wrong.
#[track_caller]
fn check(house: &House, more: &[&str], wants: &[&str]) {
    let (well, said) = examine(house, more);
    assert!(!well && said.contains(" of the checks failed"), "{more:?}: {said}");
    for want in wants {
        assert!(said.contains(want), "{want:?} is missing:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_in_order_is_called_so() {
    let house = House::open().await;
    let (well, said) = examine(&house, &["--xendit-nmid=ID1020021181747"]);
    assert!(well, "{said}");
    for want in [
        "configuration: in order (test)",
        "accounts: the secrets of every account and endpoint open",
        "xendit: http://",
        "xendit's listing: money is found by it",
        &format!("xendit's webhooks: none came yet; its dashboard must name {}/api/v1/webhook/xendit", house.base),
        "xendit's QR codes: must carry ID1020021181747",
        "clock: agrees with xendit's",
        "PUBLIC_BASE_URL: http://",
        "webhooks get through",
    ] {
        assert!(said.contains(want), "{want:?} is missing:\n{said}");
    }
    let of_database = said.contains("clock: agrees with the database's");
    assert_eq!(of_database, house.database_url().starts_with("postgres"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_provider_does_not_know_is_named() {
    let house = House::open().await;
    check(
        &house,
        &["--xendit-secret-key=xnd_development_nobodys"],
        &["xendit: could not ", "INVALID_API_KEY", "XENDIT_SECRET_KEY must be a secret key of this account"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_read_transactions_is_told_from_one_that_is_wrong() {
    let house = House::open().await;
    let rule = json!([{"provider": "xendit", "operation": "sweep", "effect": "status_before", "status": 403}]);
    house.control(Method::PUT, "faults", &rule).await;
    check(
        &house,
        &[],
        &[
            "xendit: http://",
            "xendit's listing: could not ",
            "give XENDIT_SECRET_KEY the permission to read transactions",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_nowhere_or_elsewhere_is_told_of() {
    let house = House::open().await;
    check(
        &house,
        &["--public-base-url=http://127.0.0.1:1"],
        &["PUBLIC_BASE_URL: http://127.0.0.1:1/healthz does not answer"],
    );
    let elsewhere = format!("--public-base-url={}", house.sandbox);
    check(&house, &[&elsewhere], &["and not as the gateway does: the proxy leads elsewhere"]);
    let proxy = MockServer::start().await;
    let healthy = ResponseTemplate::new(200).set_body_json(json!({"code": 200, "message": "OK"}));
    Mock::given(wiremock::matchers::path("/healthz")).respond_with(healthy).mount(&proxy).await;
    check(&house, &[&format!("--public-base-url={}", proxy.uri())], &["let the proxy pass POST /api/v1/webhook/ on"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_the_providers_is_told_of() {
    let house = House::open().await;
    let provider = MockServer::start().await;
    let long_ago = ResponseTemplate::new(404).insert_header("date", "Mon, 05 Jan 2026 03:00:00 GMT");
    Mock::given(any()).respond_with(long_ago).mount(&provider).await;
    check(
        &house,
        &[&format!("--xendit-base-url={}", provider.uri())],
        &["clock: is ", " s ahead of xendit's: keep it right by NTP"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_there_is_told_of() {
    let house = House::open().await;
    let nowhere = if house.database_url().starts_with("postgres") {
        "postgres://nobody@127.0.0.1:1/none".to_owned()
    } else {
        // A folder is no file.
        format!("sqlite://{}", house.folder().display())
    };
    check(&house, &["--database-url", &nowhere], &["store: could not open"]);
}
