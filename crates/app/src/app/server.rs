//! The HTTP server and its limits.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use mstore_pay_domain::ids::ProviderId;
use tracing_actix_web::TracingLogger;

use crate::config::Config;
use crate::http::{RequestSpan, envelope, operations_routes, routes};
use crate::state::State;

/// Time for a request's head to come in whole.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long stopping waits for connections, in seconds.
const STOP_SECONDS: u64 = 20;
/// How long a browser remembers what it may do, in seconds.
const CORS_SECONDS: usize = 600;

/// Threads that serve operators where they have an address of their own.
const OPERATIONS_THREADS: usize = 1;
/// Connections of operators that are open at once.
const OPERATIONS_CONNECTIONS_MAX: usize = 256;

/// Serves on that listener: everything, unless operators have one of their own.
pub(super) fn serve(listener: TcpListener, config: &Config, state: Data<State>) -> io::Result<Server> {
    let origins = config.cors_allowed_origins.clone();
    let is_apart = config.operations_listen.is_some();
    let providers: Vec<ProviderId> = state.gateway.ports().webhooks.iter().map(|of| of.provider()).collect();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(envelope))
            .configure(|config| {
                if !is_apart {
                    operations_routes(config);
                }
                routes(config, &providers);
            })
    })
    .workers(config.http.threads.get())
    .max_connections(config.http.connections_max.get())
    .client_request_timeout(HEAD_WITHIN)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// Serves operators on a listener of their own.
pub(super) fn serve_operations(listener: TcpListener, state: Data<State>) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new().app_data(state.clone()).wrap(from_fn(envelope)).configure(operations_routes)
    })
    .workers(OPERATIONS_THREADS)
    .max_connections(OPERATIONS_CONNECTIONS_MAX)
    .client_request_timeout(HEAD_WITHIN)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            header::IF_NONE_MATCH,
            header::HeaderName::from_static("idempotency-key"),
            header::HeaderName::from_static("x-device-id"),
            header::HeaderName::from_static("x-request-id"),
            header::HeaderName::from_static("x-correlation-id"),
            header::HeaderName::from_static("last-event-id"),
        ])
        .expose_headers(["etag", "location", "retry-after", "x-request-id", "idempotent-replayed"])
        .max_age(CORS_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
