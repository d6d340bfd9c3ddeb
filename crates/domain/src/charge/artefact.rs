//! What the customer is shown, or sent.

/// What a provider gives us to put before the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artefact {
    /// A QR code's text (EMV merchant-presented format).
    Qr {
        /// The text to render.
        qr_string: String,
    },
    /// A number to transfer to.
    VirtualAccount {
        /// The bank's code, `BCA`.
        bank_code: String,
        /// The number.
        va_number: String,
    },
    /// A bill at Mandiri.
    Bill {
        /// The biller's code.
        biller_code: String,
        /// The bill's key.
        bill_key: String,
    },
    /// A page or an app to open.
    Link {
        /// A page that any browser opens.
        checkout_url: Option<String>,
        /// A link that opens the wallet's app.
        deeplink_url: Option<String>,
    },
    /// A request pushed to the customer's phone: there is nothing to show, and it cannot be unseen.
    Push,
}
