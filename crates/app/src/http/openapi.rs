//! `/openapi.json`: OpenAPI 3.1, written from the handlers and the types that they take and answer.

mod complete;

use std::sync::LazyLock;

use complete::Complete;
use utoipa::OpenApi;

use super::{
    accounts, changes, endpoints, exceptions, methods, offline, operations, pay, payments, qr, transactions, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MStore Payments",
        description = "The payment gateway of a point of sale. Every failure is a problem (RFC 9457) with a stable \
                       `error_code`; `/problems` says what each means.",
    ),
    paths(
        payments::create::create,
        payments::list::list,
        payments::get::get,
        payments::cancel::cancel,
        payments::simulate::simulate,
        payments::timeline::timeline,
        payments::events::events,
        qr::svg,
        qr::png,
        methods::list,
        changes::list,
        exceptions::list,
        exceptions::resolve::resolve,
        offline::sync::sync,
        offline::list::list,
        offline::resolve::resolve,
        offline::device::device,
        transactions::register,
        transactions::read,
        transactions::cash::cash,
        transactions::void::void,
        transactions::post::post,
        accounts::list::list,
        accounts::add::add,
        accounts::list::read,
        accounts::rotate::rotate,
        accounts::switch::disable,
        accounts::switch::enable,
        endpoints::list::list,
        endpoints::add::add,
        endpoints::list::read,
        endpoints::rotate::rotate,
        endpoints::switch::disable,
        endpoints::switch::enable,
        webhooks::receive,
        pay::page,
        pay::back,
        pay::events,
        pay::svg,
        pay::png,
        operations::problems,
        operations::problem,
        operations::healthz,
        operations::readyz,
        operations::metrics,
        operations::openapi,
        operations::docs,
    ),
    modifiers(&Complete),
)]
struct Api;

/// The document.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The document as it is sent.
pub(super) static JSON: LazyLock<String> = LazyLock::new(|| {
    let mut json = document().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Set to any value, the document is written instead of compared.
    const UPDATE_VARIABLE: &str = "UPDATE_DOCS";

    #[test]
    fn the_document_in_docs_is_the_one_that_is_served() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        if std::env::var_os(UPDATE_VARIABLE).is_some() {
            std::fs::write(path, JSON.as_str()).unwrap();
        }
        let have = std::fs::read_to_string(path).unwrap_or_default();
        assert!(have == *JSON, "docs/openapi.json: run the app's tests with {UPDATE_VARIABLE}=1");
    }

    /// The paths that `routes` names in its source: there is no other list of them.
    fn routed() -> BTreeSet<&'static str> {
        let source = include_str!("routes.rs");
        source.split('"').filter(|text| text.starts_with('/') && !text.starts_with("//")).collect()
    }

    #[test]
    fn every_route_is_documented_and_nothing_else_is() {
        let document = document();
        let documented: BTreeSet<&str> = document.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(documented, routed());
    }

    #[test]
    fn every_path_under_the_api_but_webhooks_wants_a_token() {
        let document = serde_json::to_value(document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let wanted = path.starts_with("/api/v1/") && !path.contains("webhook");
            for (method, operation) in item.as_object().unwrap() {
                let has = operation["security"] == serde_json::json!([{"bearer": []}]);
                assert_eq!(has, wanted, "{method} {path}");
            }
        }
    }
}
