//! What holds for every route is added to the document once: problems with their codes, headers, the token.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, PartialSchema as _, ToSchema as _};

use crate::http::dto::Summary;
use crate::http::schema;
use crate::language::Language;
use crate::problem::catalogue::ErrorCode;

const PROBLEM: &str = "Problem";
const BEARER: &str = "bearer";

/// Completes the document.
pub(super) struct Complete;

impl Modify for Complete {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components.schemas.insert(PROBLEM.to_owned(), problem());
        components.schemas.insert(Summary::name().into_owned(), Summary::schema());
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
        name_webhooks_of_an_account(document);
        for item in document.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                complete(operation);
            }
            item.head = item.get.as_ref().map(head);
        }
    }
}

/// The second path of webhooks, which has the account's name too.
fn name_webhooks_of_an_account(document: &mut OpenApi) {
    const PATH: &str = "/api/v1/webhook/{provider}";
    let Some(mut item) = document.paths.paths.get(PATH).cloned() else { return };
    if let Some(operation) = &mut item.post {
        operation.operation_id = Some("receive_of_account".to_owned());
        let account = utoipa::openapi::path::ParameterBuilder::new()
            .name("account")
            .parameter_in(utoipa::openapi::path::ParameterIn::Path)
            .required(utoipa::openapi::Required::True)
            .description(Some("The account's name."))
            .schema(Some(schema::text(64, None)));
        operation.parameters.get_or_insert_default().push(RefOr::T(account.build()));
    }
    document.paths.paths.insert(format!("{PATH}/{{account}}"), item);
}

fn complete(operation: &mut Operation) {
    let secured = operation.security.is_some();
    let access = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    let ours = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE];
    let responses = &mut operation.responses.responses;
    for status in access.into_iter().filter(|_| secured).chain(ours) {
        responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(Response::default()));
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or_default();
        if status.as_u16() >= 400 && response.content.is_empty() {
            *response = problem_response(status);
        }
        response.headers.insert("X-Request-ID".to_owned(), RefOr::T(text_header("The request's id.")));
    }
}

/// What `HEAD` gets: the same without its body.
fn head(get: &Operation) -> Operation {
    let mut head = get.clone();
    head.operation_id = get.operation_id.as_ref().map(|id| format!("head_{id}"));
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    head
}

/// A problem of that status, with every code that there is for it.
fn problem_response(status: StatusCode) -> Response {
    let codes = ErrorCode::ALL.iter().filter(|code| code.status() == status);
    let told: Vec<String> = codes.map(|code| format!("`{code}`: {}", code.title(Language::English))).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
    let response = ResponseBuilder::new().description(told.join("; ")).content("application/problem+json", content);
    let response = match status {
        StatusCode::UNAUTHORIZED => response.header("WWW-Authenticate", text_header("`Bearer`.")),
        StatusCode::TOO_MANY_REQUESTS => response.header("Retry-After", text_header("Seconds to wait.")),
        _ => response,
    };
    response.build()
}

fn text_header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

fn problem() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let status = || schema::integer(400, 599);
    let fault = ObjectBuilder::new().property("pointer", text()).property("reason", text());
    let members: BTreeMap<&str, RefOr<Schema>> = BTreeMap::from([
        ("code", status().into()),
        ("message", described(text(), "Fit to show a cashier.").into()),
        ("type", described(text(), "The page that explains it.").into()),
        ("title", text().into()),
        ("status", status().into()),
        ("detail", text().into()),
        ("error_code", schema::words(ErrorCode::ALL.iter().map(|code| code.code())).into()),
        ("errors", ArrayBuilder::new().items(fault.build()).build().into()),
        ("request_id", text().into()),
        ("payment", Ref::from_schema_name(Summary::name()).into()),
        ("payment_id", described(text(), "The payment that was declined.").into()),
        ("provider_code", described(text(), "Why it was declined, as its provider says.").into()),
        ("expected", described(schema::amount(), "What is to be paid.").into()),
        ("grand_total", described(schema::amount(), "As the order was registered.").into()),
        ("minimum", schema::amount().into()),
        ("maximum", schema::amount().into()),
        ("offered", ArrayBuilder::new().items(schema::method()).build().into()),
    ]);
    let problem =
        members.into_iter().fold(ObjectBuilder::new(), |problem, (name, member)| problem.property(name, member));
    let always = ["code", "message", "type", "title", "status", "error_code", "request_id"];
    let problem = always.into_iter().fold(problem, ObjectBuilder::required);
    problem.description(Some("RFC 9457, with the members that older tills parse.")).build().into()
}

fn described(mut object: Object, description: &str) -> Object {
    object.description = Some(description.to_owned());
    object
}
