//! Merchants' own accounts at providers, and their endpoints.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const ACCOUNT_EXISTS: Entry = Entry {
    code: "account_exists",
    status: StatusCode::CONFLICT,
    title: both("Akun sudah ada", "Account exists"),
    message: both(
        "Sudah ada akun aktif untuk toko ini. Nonaktifkan akun itu dahulu.",
        "This shop has an active account already. Disable that one first.",
    ),
    meaning: "The merchant, or that branch of it, has an enabled account at that provider. There is one at a time.",
    cashier: "Nothing: this is the owner's to settle.",
    integrator: "List the accounts. Disable the one that is enabled, then add or enable the other; payments that were \
                 opened under the first are followed to their end. To change only its secrets, rotate them.",
    retry: Retry::Changed,
};

pub(super) const ACCOUNTS_NOT_SET_UP: Entry = Entry {
    code: "accounts_not_set_up",
    status: StatusCode::CONFLICT,
    title: both("Akun sendiri belum didukung", "Accounts not set up"),
    message: both(
        "Akun milik toko belum dapat disimpan di sini. Hubungi dukungan.",
        "Accounts of a shop's own cannot be kept here yet. Call support.",
    ),
    meaning: "This gateway runs without ACCOUNT_KEY, with which the secrets of accounts and endpoints are sealed. \
              Nothing was kept.",
    cashier: "Nothing: this is the owner's to settle.",
    integrator: "Have whoever runs the gateway set ACCOUNT_KEY, the same on every node, and send the request again.",
    retry: Retry::Changed,
};

pub(super) const TOO_MANY_ACCOUNTS: Entry = Entry {
    code: "too_many_accounts",
    status: StatusCode::CONFLICT,
    title: both("Terlalu banyak akun", "Too many accounts"),
    message: both(
        "Jumlah akun aktif toko ini sudah penuh. Nonaktifkan salah satu dahulu.",
        "This shop has as many active accounts as there may be. Disable one first.",
    ),
    meaning: "The merchant has 64 enabled accounts, of all branches and providers together. Each is looked through for \
              money by itself, so there are no more.",
    cashier: "Nothing: this is the owner's to settle.",
    integrator: "List the accounts. Disable one that is used no more, then add or enable the other; or have branches \
                 share an account of the merchant's.",
    retry: Retry::Changed,
};

pub(super) const TOO_MANY_ENDPOINTS: Entry = Entry {
    code: "too_many_endpoints",
    status: StatusCode::CONFLICT,
    title: both("Terlalu banyak endpoint", "Too many endpoints"),
    message: both("Jumlah endpoint toko ini sudah penuh.", "This shop has as many endpoints as there may be."),
    meaning: "The merchant has 16 endpoints, enabled or not. Each is told everything, so there are no more.",
    cashier: "Nothing: this is the owner's to settle.",
    integrator: "List the endpoints. Enable one that is there, or have your back end hand events on itself.",
    retry: Retry::Changed,
};
