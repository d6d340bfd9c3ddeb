//! The order and its payments: what is no longer, or not yet, possible.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const ORDER_ALREADY_PAID: Entry = Entry {
    code: "order_already_paid",
    status: StatusCode::CONFLICT,
    title: both("Pesanan sudah lunas", "Order already paid"),
    message: both(
        "Pesanan ini sudah lunas. Jangan menagih pelanggan lagi.",
        "This order is already paid. Do not charge the customer again.",
    ),
    meaning: "Money for this order has come in, by another payment or in cash. No new payment was opened.",
    cashier: "Hand over the goods. If the customer shows a second debit, keep the receipt number and tell the owner.",
    integrator: "Show the paid payment that comes with the answer, where there is one, and close the order in the \
                 till.",
    retry: Retry::Never,
};

pub(super) const ORDER_HAS_LIVE_PAYMENT: Entry = Entry {
    code: "order_has_live_payment",
    status: StatusCode::CONFLICT,
    title: both("Masih ada pembayaran berjalan", "Order has a live payment"),
    message: both(
        "Permintaan bayar masih ada di ponsel pelanggan. Tunggu sampai selesai sebelum ganti cara bayar.",
        "A request to pay is still on the customer's phone. Let it end before changing the way to pay.",
    ),
    meaning: "A request was pushed to the customer's phone and may be approved at any moment. A second payment beside \
              it could be paid too.",
    cashier: "Ask the customer to approve or reject it. When it has gone from the phone unpaid, say so on the till \
              and choose another way to pay.",
    integrator: "Wait until the payment in the answer has ended. Once its window is over and the cashier has said \
                 that it was not approved, send the request with switch_confirmed set to true.",
    retry: Retry::Changed,
};

pub(super) const ORDER_VOIDED: Entry = Entry {
    code: "order_voided",
    status: StatusCode::CONFLICT,
    title: both("Pesanan sudah dibatalkan", "Order voided"),
    message: both("Pesanan ini sudah dibatalkan. Buat pesanan baru.", "This order was cancelled. Start a new order."),
    meaning: "The order was called off, and takes no payment any more.",
    cashier: "Start a new order for what the customer still wants.",
    integrator: "Register the sale under a new order code; a voided one does not come back.",
    retry: Retry::Never,
};

pub(super) const ORDER_NOT_FOUND: Entry = Entry {
    code: "order_not_found",
    status: StatusCode::NOT_FOUND,
    title: both("Pesanan tidak ditemukan", "Order not found"),
    message: both("Pesanan tidak ditemukan. Periksa kodenya.", "The order was not found. Check its code."),
    meaning: "No order of that code is registered for this merchant. A payment can be taken all the same: an order \
              may be registered after it.",
    cashier: "Check the order code.",
    integrator: "Register the order with POST /api/v1/transactions, and look it up with a token of the same merchant.",
    retry: Retry::Changed,
};

pub(super) const ORDER_DIFFERS: Entry = Entry {
    code: "order_differs",
    status: StatusCode::CONFLICT,
    title: both("Pesanan berbeda", "Order differs"),
    message: both(
        "Kode pesanan ini sudah dipakai dengan total lain. Gunakan kode baru.",
        "This order code is in use with another total. Use a new code.",
    ),
    meaning: "An order of that code is registered with another total. It was left as it is.",
    cashier: "Start the order again, so that it gets a new code.",
    integrator: "Never use an order code twice. When a sale changes before it is paid, register it under a new one.",
    retry: Retry::Changed,
};

pub(super) const ALREADY_PAID: Entry = Entry {
    code: "already_paid",
    status: StatusCode::CONFLICT,
    title: both("Sudah dibayar", "Already paid"),
    message: both(
        "Pembayaran ini sudah diterima dan tidak dapat dibatalkan lagi.",
        "This payment has been received and can no longer be cancelled.",
    ),
    meaning: "The customer's money came before the request did.",
    cashier: "Treat the order as paid. If the customer shall have the money back, it takes a refund.",
    integrator: "Show the payment as paid. Read it again rather than sending this request again.",
    retry: Retry::Never,
};

pub(super) const INVALID_STATE: Entry = Entry {
    code: "invalid_state",
    status: StatusCode::CONFLICT,
    title: both("Tidak dapat dilakukan saat ini", "Invalid state"),
    message: both(
        "Ini tidak dapat dilakukan pada keadaan sekarang. Muat ulang pembayarannya.",
        "This cannot be done as things stand. Load the payment again.",
    ),
    meaning: "The payment or order has moved on: it no longer waits for money, or not yet, and the request does not \
              fit where it stands.",
    cashier: "Load the payment again and act on what it shows.",
    integrator: "Read the payment or order, and offer only what its status allows.",
    retry: Retry::Never,
};

pub(super) const CONCURRENT_UPDATE: Entry = Entry {
    code: "concurrent_update",
    status: StatusCode::CONFLICT,
    title: both("Sedang diubah dari tempat lain", "Concurrent update"),
    message: both(
        "Pembayaran ini sedang diubah dari tempat lain. Coba lagi.",
        "This payment is being changed from elsewhere. Try again.",
    ),
    meaning: "Others kept writing to the same payment or order, so that this request found no moment to. Nothing of \
              it was applied.",
    cashier: "Try once more. See that the order is open on one till only.",
    integrator: "Send it again, with the same Idempotency-Key if there was one.",
    retry: Retry::Same,
};
