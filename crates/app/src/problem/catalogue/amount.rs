//! How much, and in what.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const AMOUNT_NOT_WHOLE: Entry = Entry {
    code: "amount_not_whole",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Nominal harus bulat", "Amount not whole"),
    message: both("Nominal harus dalam rupiah bulat, tanpa sen.", "The amount must be in whole rupiah, without sen."),
    meaning: "The amount has a fraction of a rupiah. No provider takes sen.",
    cashier: "Round the total to whole rupiah.",
    integrator: "Round in the till, where the customer sees it, and send 33000, 33000.0 or 33000.00.",
    retry: Retry::Changed,
};

pub(super) const AMOUNT_BELOW_MINIMUM: Entry = Entry {
    code: "amount_below_minimum",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Nominal terlalu kecil", "Amount below minimum"),
    message: both(
        "Nominal di bawah batas minimum cara bayar ini. Pilih cara bayar lain.",
        "The amount is below the minimum of this way to pay. Choose another.",
    ),
    meaning: "The method does not take so small an amount. The limit depends on the method and on the merchant's \
              account at the provider.",
    cashier: "Choose another way to pay, or cash.",
    integrator: "Read the limit from detail, and offer the method only for amounts within it. Limits can differ between \
                 merchants.",
    retry: Retry::Changed,
};

pub(super) const AMOUNT_ABOVE_MAXIMUM: Entry = Entry {
    code: "amount_above_maximum",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Nominal terlalu besar", "Amount above maximum"),
    message: both(
        "Nominal melebihi batas maksimum cara bayar ini. Pilih cara bayar lain.",
        "The amount is above the maximum of this way to pay. Choose another.",
    ),
    meaning: "The method does not take so large an amount. The limit depends on the method and on the merchant's \
              account at the provider.",
    cashier: "Choose another way to pay.",
    integrator: "Read the limit from detail, and offer the method only for amounts within it. Limits can differ between \
                 merchants.",
    retry: Retry::Changed,
};

pub(super) const AMOUNT_MISMATCH: Entry = Entry {
    code: "amount_mismatch",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Nominal tidak sama", "Amount mismatch"),
    message: both(
        "Nominal tidak sama dengan total pesanan. Periksa totalnya, lalu coba lagi.",
        "The amount is not the order's total. Check the total and try again.",
    ),
    meaning: "The amount differs from the total that the order was registered with, or, when a payment is simulated, \
              from the payment's amount.",
    cashier: "Open the order again and check its total before taking the payment.",
    integrator: "Charge exactly the registered grand_total. If the order changed, register it again under a new code.",
    retry: Retry::Changed,
};

pub(super) const CURRENCY_UNSUPPORTED: Entry = Entry {
    code: "currency_unsupported",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Mata uang tidak didukung", "Currency unsupported"),
    message: both("Pembayaran hanya diterima dalam rupiah.", "Payments are taken in rupiah only."),
    meaning: "The currency is not IDR.",
    cashier: "Take the payment in rupiah. If the till shows rupiah already, call support.",
    integrator: "Send currency as IDR, in capitals.",
    retry: Retry::Changed,
};
