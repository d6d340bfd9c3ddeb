//! The routes, as the document has them.

use reqwest::Method;
use serde_json::Value;

use crate::house::{Call, House};

const DOCUMENT: &str = "/openapi.json";

/// One method on one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route {
    pub(super) verb: String,
    /// With the names of what may stand in it: `/problems/{code}`.
    pub(super) path: String,
    /// Whether it wants a token.
    pub(super) is_guarded: bool,
}

impl Route {
    pub(super) fn method(&self) -> Method {
        Method::from_bytes(self.verb.as_bytes()).unwrap()
    }

    /// The path with something in the place of each name.
    pub(super) fn filled(&self, with: impl Fn(&str) -> String) -> String {
        let mut parts = self.path.split(['{', '}']);
        let mut filled = parts.next().unwrap_or_default().to_owned();
        while let (Some(name), Some(fixed)) = (parts.next(), parts.next()) {
            filled.push_str(&with(name));
            filled.push_str(fixed);
        }
        filled
    }

    pub(super) fn names_something(&self) -> bool {
        self.path.contains('{')
    }

    /// A call of it with nothing known in its path.
    pub(super) fn blind(&self, house: &House) -> Call {
        house.bare(self.method(), &self.filled(|_| "nothing".to_owned()))
    }
}

/// Every route that the gateway says it has.
pub(super) async fn routes(house: &House) -> Vec<Route> {
    let document = house.bare(Method::GET, DOCUMENT).send().await.json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let is_guarded = operation.get("security").is_some_and(|wanted| wanted != &Value::Array(Vec::new()));
            routes.push(Route { verb: verb.to_uppercase(), path: path.clone(), is_guarded });
        }
    }
    // The document is a route as well: a document without routes would let everything pass.
    assert!(routes.iter().any(|route| route.path == DOCUMENT), "{routes:?}");
    routes
}
