//! What the cashier wants paid, and what is then on the screen.

use chrono::Utc;
use serde_json::{Value, json};

use super::Exchange;
use crate::rig::Secrets;

/// The phone that pushes go to.
const PHONE: &str = "+6281234567890";

/// What the cashier wants paid.
#[derive(Debug, Clone)]
pub(crate) struct Sale {
    pub(crate) order_code: String,
    pub(crate) amount: i64,
    pub(crate) key: Option<String>,
    pub(crate) expires_in_seconds: Option<u32>,
    pub(crate) method: &'static str,
    card_token: Option<String>,
    switch_confirmed: bool,
}

impl Sale {
    /// By QRIS, unless said otherwise.
    pub(crate) fn of(order_code: impl Into<String>, amount: i64) -> Self {
        Self {
            order_code: order_code.into(),
            amount,
            key: None,
            expires_in_seconds: None,
            method: "qris",
            card_token: None,
            switch_confirmed: false,
        }
    }

    pub(crate) fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn expiring_in(mut self, seconds: u32) -> Self {
        self.expires_in_seconds = Some(seconds);
        self
    }

    pub(crate) fn by(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// With a card that was made a token in the customer's browser.
    pub(crate) fn by_card_token(self) -> Self {
        let token = format!("{}{}", Secrets::CARD_TOKENS, self.order_code);
        self.by_token(token)
    }

    /// With a card that was made that token.
    pub(crate) fn by_token(mut self, token: String) -> Self {
        self.card_token = Some(token);
        self.by("credit_card")
    }

    /// The cashier says that the push before was not approved.
    pub(crate) fn switch_confirmed(mut self) -> Self {
        self.switch_confirmed = true;
        self
    }

    pub(super) fn body(&self, email: &str) -> Value {
        let mut body = json!({
            "order_code": self.order_code,
            "method": self.method,
            "amount": self.amount,
            "currency": "IDR",
            "customer_email": email,
        });
        if let Some(seconds) = self.expires_in_seconds {
            body["expires_in_seconds"] = json!(seconds);
        }
        if self.method == "ovo" {
            body["customer_phone"] = json!(PHONE);
        }
        if let Some(token) = &self.card_token {
            body["card_token_id"] = json!(token);
        }
        if self.switch_confirmed {
            body["switch_confirmed"] = json!(true);
        }
        body
    }
}

/// Something to pay on a till's screen.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) payment_id: String,
    /// What the till calls it: the provider's id, or ours where the first answer was no 200.
    pub(crate) reference: String,
    /// The QR code, or the account number or the page in its place.
    pub(crate) qr: String,
    pub(crate) at: chrono::DateTime<Utc>,
}

/// What an answer's `data` puts on the screen: a QR code, an account number, a page, or the link of an app.
pub(crate) fn on_screen(data: &Value) -> Option<&str> {
    ["qr_string", "va_number", "checkout_url", "deeplink_url"].into_iter().find_map(|name| data[name].as_str())
}

/// What an answer lets a till show.
pub(crate) fn shown(exchange: &Exchange) -> Option<Shown> {
    let data = exchange.data();
    Some(Shown {
        payment_id: data["payment_id"].as_str()?.to_owned(),
        reference: data["reference_id"].as_str()?.to_owned(),
        qr: on_screen(&data)?.to_owned(),
        at: exchange.answered_at,
    })
    .filter(|_| exchange.status() == 200)
}
