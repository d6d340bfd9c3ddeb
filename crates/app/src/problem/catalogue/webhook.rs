//! Webhooks: what a provider, or somebody who says so, is told.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const INVALID_WEBHOOK_CREDENTIAL: Entry = Entry {
    code: "invalid_webhook_credential",
    status: StatusCode::UNAUTHORIZED,
    title: both("Pengirim tidak dikenali", "Invalid webhook credential"),
    message: both(
        "Pemberitahuan ditolak karena pengirimnya tidak dikenali.",
        "The notification was refused: its sender is not recognised.",
    ),
    meaning: "The webhook does not carry the credential of the account that it was sent to. Nothing of it was stored.",
    cashier: "Nothing. Payments are also found by asking the provider.",
    integrator: "Compare the webhook secret in the provider's dashboard with the one configured here, and the path \
                 with the account. While a secret is being changed, configure the previous one beside the new.",
    retry: Retry::Changed,
};

pub(super) const WEBHOOK_UNREADABLE: Entry = Entry {
    code: "webhook_unreadable",
    status: StatusCode::BAD_REQUEST,
    title: both("Pemberitahuan tidak terbaca", "Webhook unreadable"),
    message: both(
        "Pemberitahuan tidak terbaca, jadi tidak diproses.",
        "The notification could not be read, so nothing was done.",
    ),
    meaning: "The sender is genuine, but the body is no webhook of that provider: not JSON, or without what a \
              notification must have.",
    cashier: "Nothing. Payments are also found by asking the provider.",
    integrator: "See that nothing between the provider and the gateway changes the body, and that the webhook is of \
                 a kind that this path takes.",
    retry: Retry::Changed,
};
