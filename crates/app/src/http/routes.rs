//! Which path leads where.

use std::future::{Ready, ready};

use actix_web::web::{self, ServiceConfig, resource};
use actix_web::{Resource, Route};
use mstore_pay_domain::ids::ProviderId;

use super::{
    accounts, changes, endpoints, exceptions, methods, offline, operations, pay, payments, qr, transactions, webhooks,
};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// The path of a route as it stands here: what its requests are counted under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Routed(pub(super) &'static str);

/// Where webhooks are told. Those of a provider that there is are served by themselves.
const WEBHOOK: &str = "/api/v1/webhook/{provider}";

/// What a route is called by whose pattern it is.
pub(super) fn called(pattern: &str) -> &str {
    let (webhooks, _provider) = WEBHOOK.split_once('{').unwrap_or_default();
    let of_one = pattern.strip_prefix(webhooks).is_some_and(|provider| !provider.contains('{'));
    if of_one { WEBHOOK } else { pattern }
}

/// Every route of this release but those of operators. `providers` are those whose webhooks are taken in.
pub(crate) fn routes(config: &mut ServiceConfig, providers: &[ProviderId]) {
    // They are tried one after the other: what is asked most comes first, and by a text, which is compared, where there is one. A
    // pattern is searched for.
    for provider in providers {
        let path = WEBHOOK.replace("{provider}", provider.as_str());
        let route = web::post().to(webhooks::receive);
        config.service(write_at(path, WEBHOOK, route).app_data(webhooks::Of(provider.clone())));
    }
    config
        .service(write(WEBHOOK, web::post().to(webhooks::receive)))
        .service(write("/api/v1/webhook/{provider}/{account}", web::post().to(webhooks::receive)))
        .service(read_and_write(
            "/api/v1/pos/payments",
            || web::route().to(payments::list),
            web::post().to(payments::create),
        ))
        .service(read("/api/v1/pos/payments/{reference}", || web::route().to(payments::get)))
        .service(write("/api/v1/pos/payments/{reference}/cancel", web::post().to(payments::cancel)))
        .service(write("/api/v1/pos/payments/{reference}/simulate", web::post().to(payments::simulate)))
        .service(read("/api/v1/pos/payments/{reference}/timeline", || web::route().to(payments::timeline)))
        .service(read("/api/v1/pos/payments/{reference}/events", || web::route().to(payments::events)))
        .service(read("/api/v1/pos/payments/{reference}/qr.svg", || web::route().to(qr::svg)))
        .service(read("/api/v1/pos/payments/{reference}/qr.png", || web::route().to(qr::png)))
        .service(read("/api/v1/pos/methods", || web::route().to(methods::list)))
        .service(read("/api/v1/pos/events", || web::route().to(changes::list)))
        .service(read("/api/v1/pos/exceptions", || web::route().to(exceptions::list)))
        .service(write("/api/v1/pos/exceptions/{exception}/resolve", web::post().to(exceptions::resolve::resolve)))
        .service(write("/api/v1/pos/offline/batch-sync", web::post().to(offline::sync)))
        .service(read("/api/v1/pos/offline/conflicts", || web::route().to(offline::list)))
        .service(write("/api/v1/pos/offline/conflicts/{conflict}/resolve", web::post().to(offline::resolve)))
        .service(read("/api/v1/pos/offline/devices/{device}", || web::route().to(offline::device)))
        .service(write("/api/v1/transactions", web::post().to(transactions::register)))
        .service(read("/api/v1/transactions/{code}", || web::route().to(transactions::read)))
        .service(read_and_write(
            "/api/v1/accounts",
            || web::route().to(accounts::list::list),
            web::post().to(accounts::add::add),
        ))
        .service(read("/api/v1/accounts/{provider}/{account}", || web::route().to(accounts::list::read)))
        .service(write("/api/v1/accounts/{provider}/{account}/rotate", web::post().to(accounts::rotate::rotate)))
        .service(write("/api/v1/accounts/{provider}/{account}/disable", web::post().to(accounts::switch::disable)))
        .service(write("/api/v1/accounts/{provider}/{account}/enable", web::post().to(accounts::switch::enable)))
        .service(read_and_write(
            "/api/v1/endpoints",
            || web::route().to(endpoints::list::list),
            web::post().to(endpoints::add::add),
        ))
        .service(read("/api/v1/endpoints/{endpoint}", || web::route().to(endpoints::list::read)))
        .service(write("/api/v1/endpoints/{endpoint}/rotate", web::post().to(endpoints::rotate::rotate)))
        .service(write("/api/v1/endpoints/{endpoint}/disable", web::post().to(endpoints::switch::disable)))
        .service(write("/api/v1/endpoints/{endpoint}/enable", web::post().to(endpoints::switch::enable)))
        .service(write("/api/v1/transactions/{code}/cash", web::post().to(transactions::cash)))
        .service(write("/api/v1/transactions/{code}/void", web::post().to(transactions::void)))
        .service(write("/api/v1/transactions/{code}/sync", web::post().to(transactions::post)))
        // Before the links: no token is spelled like it.
        .service(read("/pay/return", || web::route().to(pay::back)))
        .service(read("/pay/{token}", || web::route().to(pay::page)))
        .service(read("/pay/{token}/events", || web::route().to(pay::events)))
        .service(read("/pay/{token}/qr.svg", || web::route().to(pay::svg)))
        .service(read("/pay/{token}/qr.png", || web::route().to(pay::png)))
        .service(read("/problems", || web::route().to(operations::problems)))
        .service(read("/problems/{code}", || web::route().to(operations::problem)))
        .service(read("/openapi.json", || web::route().to(operations::openapi)))
        .service(read("/docs", || web::route().to(operations::docs)))
        .default_service(web::to(nothing_here));
}

/// The routes that operators ask, and nobody else: health and metrics.
pub(crate) fn operations_routes(config: &mut ServiceConfig) {
    config
        .service(read("/healthz", || web::route().to(operations::healthz)))
        .service(read("/readyz", || web::route().to(operations::readyz)))
        .service(read("/metrics", || web::route().to(operations::metrics)))
        .default_service(web::to(nothing_here));
}

/// A path that is read: `GET`, and `HEAD` with it.
fn read(path: &'static str, route: impl Fn() -> Route) -> Resource {
    readable(path, route).default_service(web::to(|| ready(refuse_method("GET, HEAD"))))
}

/// A path that is read, and written to.
fn read_and_write(path: &'static str, reading: impl Fn() -> Route, writing: Route) -> Resource {
    readable(path, reading).route(writing).default_service(web::to(|| ready(refuse_method("GET, HEAD, POST"))))
}

fn readable(path: &'static str, route: impl Fn() -> Route) -> Resource {
    use actix_web::guard::{Get, Head};
    routed(path).route(route().guard(Get())).route(route().guard(Head()))
}

/// A path that is written to: `POST`.
fn write(path: &'static str, route: Route) -> Resource {
    write_at(path.to_owned(), path, route)
}

/// The same where one of many is served by itself: counted as all of them are.
fn write_at(path: String, counted_as: &'static str, route: Route) -> Resource {
    resource(path).app_data(Routed(counted_as)).route(route).default_service(web::to(|| ready(refuse_method("POST"))))
}

fn routed(path: &'static str) -> Resource {
    resource(path).app_data(Routed(path))
}

fn refuse_method(allow: &'static str) -> Result<&'static str, Problem> {
    Err(Problem::method_not_allowed(allow))
}

fn nothing_here() -> Ready<Result<&'static str, Problem>> {
    ready(Err(Problem::new(ErrorCode::NotFound)))
}

#[cfg(test)]
mod tests;
