//! `/docs`: the document at `/openapi.json` for reading. It needs no script and nothing from elsewhere.

use maud::{Markup, html};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr, Required};

use super::layout::Frame;
use crate::language::Language;

/// Every route and every schema of the document.
pub(crate) fn docs_page(document: &OpenApi) -> Markup {
    let schemas = document.components.as_ref().map(|components| &components.schemas);
    let main = html! {
        main.text {
            h1 { (document.info.title) }
            @if let Some(description) = &document.info.description { p { (description) } }
            p { "As a file: " a href="/openapi.json" { "/openapi.json" } ". Errors: " a href="/problems" { "/problems" } "." }
            @for (path, item) in &document.paths.paths {
                @for (verb, operation) in operations(item) { (section(verb, path, operation)) }
            }
            h2 { "Schemas" }
            @for (name, schema) in schemas.into_iter().flatten() {
                details id=(anchor(name)) { summary { code { (name) } } pre { (json(schema)) } }
            }
        }
    };
    let title = &document.info.title;
    Frame { language: Language::English, title, refresh_seconds: None, script: false }.around(&main)
}

/// What a path can be asked; `HEAD` goes with every `GET`.
fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let verbs = [("GET", &item.get), ("POST", &item.post)];
    verbs.into_iter().filter_map(|(verb, operation)| Some((verb, operation.as_ref()?)))
}

fn section(verb: &str, path: &str, operation: &Operation) -> Markup {
    let token = if operation.security.is_some() { "Wants a bearer token." } else { "Wants no token." };
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    html! {
        h2 { code { (verb) " " (path) } }
        @if let Some(summary) = &operation.summary { p { strong { (summary) } } }
        @if let Some(description) = &operation.description { p { (description) } }
        p { (token) }
        ul { @for parameter in parameters { li { (told(parameter)) } } }
        @if let Some(body) = &operation.request_body { details { summary { "Body" } pre { (json(body)) } } }
        ul { @for (status, response) in &operation.responses.responses {
            li { code { (status) } " " @if let RefOr::T(response) = response { (response.description) } }
        } }
    }
}

fn told(parameter: &Parameter) -> Markup {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "in the path",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
        _ => "query",
    };
    let optional = if parameter.required == Required::True { "" } else { ", optional" };
    html! {
        code { (parameter.name) } " (" (place) (optional) ") "
        @if let Some(description) = &parameter.description { (description) }
    }
}

fn anchor(schema: &str) -> String {
    format!("schema-{schema}")
}

fn json(part: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(part).unwrap_or_default()
}
