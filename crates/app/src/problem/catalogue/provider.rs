//! The providers and our own machinery.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const METHOD_UNSUPPORTED: Entry = Entry {
    code: "method_unsupported",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Cara bayar tidak tersedia", "Method unsupported"),
    message: both(
        "Cara bayar ini tidak tersedia. Pilih yang lain.",
        "This way to pay is not available. Choose another.",
    ),
    meaning: "The method is unknown, or no provider account of this merchant offers it.",
    cashier: "Choose another way to pay.",
    integrator: "Offer what detail names. Method names are written in lower case.",
    retry: Retry::Changed,
};

pub(super) const PAYMENT_DECLINED: Entry = Entry {
    code: "payment_declined",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Pembayaran ditolak", "Payment declined"),
    message: both("Pembayaran ditolak. Pilih cara bayar lain.", "The payment was declined. Choose another way to pay."),
    meaning: "The payment provider refused this payment. No money moved. It was not tried at another provider, which \
              a refusal does not justify.",
    cashier: "Try another way to pay.",
    integrator: "Start a new payment by another method. The provider's code, where it may be shown, comes with the \
                 answer.",
    retry: Retry::Changed,
};

pub(super) const PROVIDER_UNAVAILABLE: Entry = Entry {
    code: "provider_unavailable",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: both("Layanan pembayaran terganggu", "Provider unavailable"),
    message: both(
        "Layanan pembayaran sedang terganggu. Coba lagi sebentar atau terima tunai.",
        "The payment service is not available just now. Try again shortly or take cash.",
    ),
    meaning: "No payment provider for this method could be reached, or each is known to be down. The customer was \
              shown nothing and cannot have paid.",
    cashier: "Try again in a moment, choose another way to pay, or take cash.",
    integrator: "Send the same request again after Retry-After. This answer is not kept under the Idempotency-Key.",
    retry: Retry::SameAfterPause,
};

pub(super) const STORE_UNAVAILABLE: Entry = Entry {
    code: "store_unavailable",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: both("Sistem sedang terganggu", "Store unavailable"),
    message: both(
        "Sistem sedang terganggu. Coba lagi sebentar lagi.",
        "The system is not available just now. Try again shortly.",
    ),
    meaning: "The gateway could not read or write its own records. No payment is opened without a record; a provider \
              that sends a webhook delivers it again.",
    cashier: "Try again in a moment. If it lasts, take cash and call support.",
    integrator: "Send the same request again after Retry-After. This answer is not kept under the Idempotency-Key.",
    retry: Retry::SameAfterPause,
};

pub(super) const INTERNAL: Entry = Entry {
    code: "internal",
    status: StatusCode::INTERNAL_SERVER_ERROR,
    title: both("Kesalahan sistem", "Internal error"),
    message: both(
        "Terjadi kesalahan di sistem kami. Periksa status pembayaran sebelum mencoba lagi.",
        "Something went wrong on our side. Check the payment's status before trying again.",
    ),
    meaning: "A fault of the gateway's own. It was logged under the request id of the answer.",
    cashier: "Look at the payment's status first. If there is none, try again; if it happens again, call support.",
    integrator: "Send the same request again: a payment that waits is found rather than opened twice. Report \
                 request_id if it repeats.",
    retry: Retry::Same,
};
