//! HTTP: routes, what they take and what they answer. Decides nothing that the domain decides.

mod accounts;
mod body;
mod cards;
mod changes;
mod counted;
mod cursor;
pub(crate) mod dto;
mod endpoints;
mod envelope;
mod exceptions;
mod fields;
mod headers;
mod idempotency;
mod links;
mod methods;
mod offline;
mod openapi;
mod operations;
mod pay;
mod payments;
mod qr;
mod query;
mod reason;
mod reply;
mod routes;
mod schema;
mod sse;
mod text;
mod transactions;
pub(crate) mod urls;
mod webhooks;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing {
    pub(crate) use super::offline::sync_batch;
    pub(crate) use super::payments::create_body;
}

pub(crate) use envelope::{RequestSpan, envelope};
pub(crate) use links::Links;
pub(crate) use routes::{operations_routes, routes};
pub(crate) use text::holds_card_number;
