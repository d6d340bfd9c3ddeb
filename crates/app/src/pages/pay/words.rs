//! What the pay page says, in both tongues.

use mstore_pay_domain::method::Method;

use super::Screen;
use crate::language::{Bilingual, both};

pub(super) const TIME_LEFT: Bilingual = both("Sisa waktu", "Time left");
pub(super) const VALID_UNTIL: Bilingual = both("Berlaku sampai", "Valid until");
pub(super) const ORDER: Bilingual = both("Pesanan", "Order");
pub(super) const PAID_AT: Bilingual = both("Waktu bayar", "Paid at");
pub(super) const PAID_WITH: Bilingual = both("Dibayar dengan", "Paid with");
pub(super) const PAYER: Bilingual = both("Atas nama", "Payer");
pub(super) const RECEIPT: Bilingual = both("Nomor bukti", "Receipt number");

pub(super) const QR_LABEL: Bilingual = both("Kode QRIS untuk membayar", "QRIS code to pay with");
pub(super) const SAVE_QR: Bilingual = both("Simpan gambar QR", "Save the QR picture");
pub(super) const QR_BROKEN: Bilingual =
    both("Kode QR tidak dapat ditampilkan. Beri tahu kasir.", "The QR code cannot be shown. Tell the cashier.");
pub(super) const BANK: Bilingual = both("Bank", "Bank");
pub(super) const VA_NUMBER: Bilingual = both("Nomor virtual account", "Virtual account number");
pub(super) const BILLER_CODE: Bilingual = both("Kode perusahaan", "Biller code");
pub(super) const BILL_KEY: Bilingual = both("Kode pembayaran", "Bill key");
pub(super) const OPEN_PAGE: Bilingual = both("Buka halaman pembayaran", "Open the payment page");
pub(super) const OPEN_APP: Bilingual = both("Buka aplikasi", "Open the app");
pub(super) const LINK_LABEL: Bilingual =
    both("Kode QR ke halaman pembayaran", "QR code that leads to the payment page");
pub(super) const LOOK_AT_PHONE: Bilingual = both(
    "Permintaan bayar sudah dikirim. Buka aplikasinya di ponsel Anda dan setujui.",
    "A request to pay was sent. Open the app on your phone and approve it.",
);

pub(super) const QR_STEPS: [Bilingual; 3] = [
    both("Buka aplikasi bank atau dompet digital.", "Open your bank's or wallet's app."),
    both("Pindai kode ini, atau unggah gambarnya.", "Scan this code, or upload its picture."),
    both("Periksa nominalnya, lalu bayar.", "Check the amount, then pay."),
];

pub(super) const VA_STEPS: [Bilingual; 3] = [
    both(
        "Buka aplikasi bank atau ATM, lalu pilih pembayaran virtual account.",
        "In your bank's app or at an ATM, choose to pay a virtual account.",
    ),
    both("Masukkan nomor virtual account ini.", "Enter this virtual account number."),
    both("Periksa nama dan nominalnya, lalu bayar.", "Check the name and the amount, then pay."),
];

pub(super) const BILL_STEPS: [Bilingual; 3] = [
    both(
        "Buka Livin' by Mandiri atau ATM Mandiri, lalu pilih bayar tagihan.",
        "In Livin' by Mandiri or at Mandiri's ATM, choose to pay a bill.",
    ),
    both("Masukkan kode perusahaan, lalu kode tagihan ini.", "Enter the biller's code, then this bill's key."),
    both("Periksa nama dan nominalnya, lalu bayar.", "Check the name and the amount, then pay."),
];

pub(super) const LINK_STEPS: [Bilingual; 2] = [
    both(
        "Pindai kode ini dengan kamera ponsel Anda, atau tekan tombolnya.",
        "Scan this code with the camera of your phone, or press the button.",
    ),
    both("Selesaikan pembayaran di halaman yang terbuka.", "Finish the payment on the page that opens."),
];

/// What the customer reads first, and what they do about it.
pub(super) fn headline(screen: &Screen) -> (Bilingual, Bilingual) {
    match screen {
        Screen::Preparing => (
            both("Menyiapkan pembayaran", "Preparing the payment"),
            both("Sebentar lagi siap.", "It will be ready in a moment."),
        ),
        Screen::Unsure => (
            both("Memastikan pembayaran", "Making sure of the payment"),
            both(
                "Bila ada permintaan bayar di ponsel Anda, setujui sekali saja. Jangan membayar dengan cara lain sebelum kasir memberi tahu.",
                "If your phone asks you to pay, approve it once. Do not pay in another way before the cashier tells you to.",
            ),
        ),
        Screen::Waiting { .. } => (
            both("Menunggu pembayaran", "Waiting for payment"),
            both("Halaman ini berubah sendiri setelah dibayar.", "This page changes by itself once you have paid."),
        ),
        Screen::Paid { .. } => (
            both("Lunas", "Paid"),
            both("Terima kasih, pembayaran sudah diterima.", "Thank you, your payment was received."),
        ),
        Screen::PartlyRefunded { .. } => (
            both("Lunas, sebagian dikembalikan", "Paid, partly refunded"),
            both("Sebagian uang sudah dikembalikan kepada Anda.", "A part of the money was returned to you."),
        ),
        Screen::Refunded => (
            both("Dana dikembalikan", "Refunded"),
            both("Seluruh uang sudah dikembalikan kepada Anda.", "All of the money was returned to you."),
        ),
        Screen::Reversed => (
            both("Pembayaran ditarik kembali", "Payment reversed"),
            both(
                "Uang tidak jadi diterima. Silakan hubungi kasir.",
                "The money was taken back. Please see the cashier.",
            ),
        ),
        Screen::PaidElsewhere => (
            both("Pesanan sudah lunas", "Order already paid"),
            both(
                "Pesanan ini sudah dibayar dengan cara lain. Jangan bayar lagi.",
                "This order was paid another way. Do not pay again.",
            ),
        ),
        Screen::Replaced => (
            both("Diganti pembayaran lain", "Replaced by another payment"),
            both("Jangan bayar di sini. Ikuti yang tampil di kasir.", "Do not pay here. Follow what the till shows."),
        ),
        Screen::Expired => (
            both("Waktu habis", "Time is over"),
            both(
                "Jangan bayar dengan kode ini lagi. Sudah telanjur? Tunjukkan bukti bayarnya kepada kasir.",
                "Do not pay with this code any more. Already paid? Show the cashier your receipt.",
            ),
        ),
        Screen::Cancelled => (
            both("Dibatalkan", "Cancelled"),
            both(
                "Pembayaran ini dibatalkan. Tidak ada yang perlu dibayar di sini.",
                "This payment was cancelled. There is nothing to pay here.",
            ),
        ),
        Screen::Failed => (
            both("Pembayaran gagal", "Payment failed"),
            both("Silakan minta cara bayar lain kepada kasir.", "Please ask the cashier for another way to pay."),
        ),
    }
}

/// What people call the method.
pub(super) const fn method_name(method: Method) -> Bilingual {
    match method {
        Method::Qris => name("QRIS"),
        Method::Gopay => name("GoPay"),
        Method::Ovo => name("OVO"),
        Method::Dana => name("DANA"),
        Method::Shopeepay => name("ShopeePay"),
        Method::VaBca => name("BCA Virtual Account"),
        Method::VaBni => name("BNI Virtual Account"),
        Method::VaBri => name("BRI Virtual Account"),
        Method::VaMandiri => name("Mandiri Virtual Account"),
        Method::CreditCard => both("Kartu", "Card"),
    }
}

/// The bank of a virtual account, as it stands in the lists of banks' apps.
pub(super) const fn bank_name(method: Method) -> Option<&'static str> {
    match method {
        Method::VaBca => Some("BCA (Bank Central Asia)"),
        Method::VaBni => Some("BNI (Bank Negara Indonesia)"),
        Method::VaBri => Some("BRI (Bank Rakyat Indonesia)"),
        Method::VaMandiri => Some("Bank Mandiri"),
        Method::Qris | Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay | Method::CreditCard => None,
    }
}

/// A name that is the same in both tongues.
const fn name(text: &'static str) -> Bilingual {
    both(text, text)
}
