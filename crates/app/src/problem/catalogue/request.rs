//! The request itself: its fields, its form, its key.

use actix_web::http::StatusCode;

use super::entry::{Entry, Retry};
use crate::language::both;

pub(super) const INVALID_FIELD: Entry = Entry {
    code: "invalid_field",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Isian tidak sesuai", "Invalid field"),
    message: both(
        "Ada isian yang belum benar. Periksa kembali, lalu coba lagi.",
        "Something entered is not right. Check it and try again.",
    ),
    meaning: "A field, query parameter or header has a value that it does not take: a wrong type, a missing required \
              field, text that is too long, an amount that is zero, negative or not a plain number.",
    cashier: "Check what was typed in, above all the amount and the customer's details. If nothing looks wrong, call \
              support: the till sends something it should not.",
    integrator: "Read errors: each names a pointer into the body and a reason. Correct the values before sending \
                 them; amounts are JSON numbers, never strings.",
    retry: Retry::Changed,
};

pub(super) const MALFORMED_JSON: Entry = Entry {
    code: "malformed_json",
    status: StatusCode::BAD_REQUEST,
    title: both("Permintaan tidak terbaca", "Malformed JSON"),
    message: both(
        "Permintaan dari kasir tidak terbaca. Coba lagi; bila tetap gagal, hubungi dukungan.",
        "The till's request could not be read. Try again; if it keeps failing, call support.",
    ),
    meaning: "The body is not valid JSON in UTF-8, is cut off, or is nested too deeply.",
    cashier: "Try once more. If it happens again, call support.",
    integrator: "Send one complete JSON object, encoded as UTF-8 without a byte order mark. Let a JSON library write \
                 it, and let Content-Length be that of the bytes sent.",
    retry: Retry::Changed,
};

pub(super) const INVALID_ORDER_CODE: Entry = Entry {
    code: "invalid_order_code",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Kode pesanan tidak sesuai", "Invalid order code"),
    message: both(
        "Kode pesanan ini tidak dapat dipakai. Buat pesanan baru atau hubungi dukungan.",
        "This order code cannot be used. Start a new order or call support.",
    ),
    meaning: "The order code is empty, has more than 50 characters, or has one other than letters, digits, full stop, \
              hyphen, underscore and tilde.",
    cashier: "Start the order again, so that it gets a new code.",
    integrator: "Build order codes from that alphabet. They are compared to the letter and never taken apart.",
    retry: Retry::Changed,
};

pub(super) const INVALID_EMAIL: Entry = Entry {
    code: "invalid_email",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Alamat email tidak valid", "Invalid e-mail address"),
    message: both(
        "Alamat email pelanggan tidak valid. Perbaiki atau kosongkan.",
        "The customer's e-mail address is not valid. Correct it or leave it empty.",
    ),
    meaning: "The customer's e-mail address is not one that mail could be sent to.",
    cashier: "Ask the customer to spell the address, or leave it empty: a payment does not need it.",
    integrator: "Leave customer_email out when there is none; an empty text is not an address.",
    retry: Retry::Changed,
};

pub(super) const INVALID_URL: Entry = Entry {
    code: "invalid_url",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Alamat web tidak sesuai", "Invalid URL"),
    message: both(
        "Pengaturan alamat web pada kasir tidak sesuai. Hubungi dukungan.",
        "A web address in the till's settings is not right. Call support.",
    ),
    meaning: "A URL that the customer would be sent to is not https, has no public host, names a port or a user, or \
              has more than 2,048 characters.",
    cashier: "Call support: it is a setting of the till, not something that was typed in.",
    integrator: "Give https URLs on a public host name and the default port, or leave them out: the customer then \
                 comes to our own page.",
    retry: Retry::Changed,
};

pub(super) const CARD_DATA_NOT_ACCEPTED: Entry = Entry {
    code: "card_data_not_accepted",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Data kartu tidak diterima", "Card data not accepted"),
    message: both(
        "Nomor kartu tidak boleh diketik di kasir. Minta pelanggan memasukkannya sendiri di halaman pembayaran.",
        "Card numbers must not be typed into the till. Let the customer enter it on the payment page.",
    ),
    meaning: "Something in the request looks like a card number. The request was refused and the number neither \
              stored nor logged.",
    cashier: "Never type a card number. The customer enters it on the payment page.",
    integrator: "Send a token that the provider made in the customer's browser, or none to use the payment page. If \
                 it was no card number, avoid runs of 13 to 19 digits in free text.",
    retry: Retry::Changed,
};

pub(super) const UNSUPPORTED_MEDIA_TYPE: Entry = Entry {
    code: "unsupported_media_type",
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    title: both("Jenis isi tidak didukung", "Unsupported media type"),
    message: both(
        "Permintaan dari kasir tidak dikenali. Hubungi dukungan.",
        "The till's request was not understood. Call support.",
    ),
    meaning: "The body is not declared to be JSON, or is encoded in a way that is not taken.",
    cashier: "Call support: the till needs an update or a setting.",
    integrator: "Send Content-Type: application/json, in UTF-8.",
    retry: Retry::Changed,
};

pub(super) const PAYLOAD_TOO_LARGE: Entry = Entry {
    code: "payload_too_large",
    status: StatusCode::PAYLOAD_TOO_LARGE,
    title: both("Permintaan terlalu besar", "Payload too large"),
    message: both(
        "Data yang dikirim terlalu besar. Kurangi isinya atau hubungi dukungan.",
        "Too much was sent at once. Send less or call support.",
    ),
    meaning: "The body is larger than this path takes: 64 KiB for a payment or an order, 256 KiB for a webhook.",
    cashier: "If the order has very many items, split it; otherwise call support.",
    integrator: "Keep within the limit. The limit holds for the bytes after decompression too.",
    retry: Retry::Changed,
};

pub(super) const INVALID_IDEMPOTENCY_KEY: Entry = Entry {
    code: "invalid_idempotency_key",
    status: StatusCode::BAD_REQUEST,
    title: both("Kunci permintaan tidak sesuai", "Invalid idempotency key"),
    message: both(
        "Permintaan dari kasir tidak sesuai. Hubungi dukungan.",
        "The till's request is not as it should be. Call support.",
    ),
    meaning: "The Idempotency-Key header is empty, has more than 255 characters, or has one that is not visible ASCII.",
    cashier: "Call support.",
    integrator: "Send one key of 1 to 255 visible ASCII characters, a UUID for instance, or no key at all.",
    retry: Retry::Changed,
};

pub(super) const IDEMPOTENCY_KEY_REUSED: Entry = Entry {
    code: "idempotency_key_reused",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: both("Kunci permintaan sudah dipakai", "Idempotency key reused"),
    message: both(
        "Permintaan ini berbeda dari yang dikirim sebelumnya. Mulai pembayaran baru.",
        "This request differs from the one sent before. Start a new payment.",
    ),
    meaning: "The Idempotency-Key was used within the last 24 hours for a request with another body. Nothing was \
              done, and the answer of the first request still stands.",
    cashier: "Start the payment again from the order.",
    integrator: "Make a new key for every new request, and keep it only for repeating that same request.",
    retry: Retry::Changed,
};

pub(super) const REQUEST_IN_PROGRESS: Entry = Entry {
    code: "request_in_progress",
    status: StatusCode::CONFLICT,
    title: both("Permintaan masih diproses", "Request in progress"),
    message: both(
        "Permintaan sebelumnya masih diproses. Tunggu sebentar.",
        "The request before is still being worked on. Wait a moment.",
    ),
    meaning: "The first request with this Idempotency-Key has not been answered yet.",
    cashier: "Wait a few seconds; the till asks again by itself.",
    integrator: "Send the same request with the same key after Retry-After: it gets the answer of the first one.",
    retry: Retry::SameAfterPause,
};
