//! Who asks, for what, and how often.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const UNAUTHORIZED: Entry = Entry {
    code: "unauthorized",
    status: StatusCode::UNAUTHORIZED,
    title: both("Perlu masuk kembali", "Unauthorized"),
    message: both("Sesi berakhir. Silakan masuk kembali.", "Your session has ended. Please sign in again."),
    meaning: "The bearer token is missing, has expired, or is not one that this gateway takes. Which of these is not \
              told.",
    cashier: "Sign in again.",
    integrator: "Get a new token and send the request again with it. See that the token names a merchant, that its \
                 issuer and audience are the configured ones, and that the clocks agree.",
    retry: Retry::Changed,
};

pub(super) const FORBIDDEN: Entry = Entry {
    code: "forbidden",
    status: StatusCode::FORBIDDEN,
    title: both("Tidak berwenang", "Forbidden"),
    message: both(
        "Akun ini tidak berwenang melakukannya. Minta bantuan pemilik toko.",
        "This account may not do that. Ask the shop's owner.",
    ),
    meaning: "The token is good, but none of its roles has the right to do this.",
    cashier: "Ask somebody with the right, usually the owner.",
    integrator: "Use a token with a role that has the right, and do not offer the action to others.",
    retry: Retry::Changed,
};

pub(super) const NOT_FOUND: Entry = Entry {
    code: "not_found",
    status: StatusCode::NOT_FOUND,
    title: both("Tidak ditemukan", "Not found"),
    message: both("Data yang dicari tidak ditemukan.", "What was asked for was not found."),
    meaning: "There is no such path, or nothing of that name that this token may see. What belongs to another \
              merchant is answered the same way.",
    cashier: "Check the number that was typed or scanned.",
    integrator: "Check the path and the id, and that the token is of the merchant and branch that the thing belongs \
                 to.",
    retry: Retry::Changed,
};

pub(super) const METHOD_NOT_ALLOWED: Entry = Entry {
    code: "method_not_allowed",
    status: StatusCode::METHOD_NOT_ALLOWED,
    title: both("Cara akses tidak sesuai", "Method not allowed"),
    message: both(
        "Permintaan dari kasir tidak dikenali. Hubungi dukungan.",
        "The till's request was not understood. Call support.",
    ),
    meaning: "The path exists, but does not take this HTTP method.",
    cashier: "Call support: the till needs an update.",
    integrator: "Use one of the methods that the Allow header lists.",
    retry: Retry::Changed,
};

pub(super) const RATE_LIMITED: Entry = Entry {
    code: "rate_limited",
    status: StatusCode::TOO_MANY_REQUESTS,
    title: both("Terlalu banyak permintaan", "Rate limited"),
    message: both(
        "Terlalu banyak permintaan. Tunggu sebentar, lalu coba lagi.",
        "Too many requests. Wait a moment, then try again.",
    ),
    meaning: "More requests came than are taken in so short a time. This one was not worked on.",
    cashier: "Wait a moment before trying again.",
    integrator: "Wait for Retry-After. To follow a payment use the wait parameter instead of asking in a loop.",
    retry: Retry::SameAfterPause,
};
