//! The words of v2 for what a customer pays with: a type, and inside it a channel.

use crate::ledger::Method;
use crate::xendit::answer::Refusal;
use crate::xendit::body::Body;

/// A payment method as a request describes it.
pub(super) struct Rail {
    pub(super) method: Method,
    /// The object named after the type, with channel and properties.
    pub(super) details: Body,
}

/// Channels of Indonesia that exist in v2 and are not activated for the accounts of this sandbox.
const CHANNELS_NOT_ACTIVATED: [&str; 13] = [
    "LINKAJA",
    "ASTRAPAY",
    "JENIUSPAY",
    "NEXCASH",
    "PERMATA",
    "BSI",
    "CIMB",
    "BJB",
    "SAHABAT_SAMPOERNA",
    "BNC",
    "MUAMALAT",
    "ALFAMART",
    "INDOMARET",
];

impl Rail {
    /// Reads `payment_method`, or says which part of it is wrong.
    pub(super) fn read(described: &Body) -> Result<Self, Refusal> {
        let Some(kind) = described.text("type") else {
            return Err(Refusal::field("type", "is required"));
        };
        let Some(field) = field_of(&kind) else {
            return Err(Refusal::field("type", "must be EWALLET, VIRTUAL_ACCOUNT, QR_CODE or CARD"));
        };
        let details = match (described.nested(field), kind.as_str()) {
            (Some(details), _) => details,
            // The channel of a code need not be named.
            (None, "QR_CODE") => Body::default(),
            (None, _) => return Err(Refusal::field(field, "is required for the type")),
        };
        let code = details.text("channel_code");
        let method = match (kind.as_str(), code.as_deref()) {
            ("EWALLET", Some("OVO")) => Method::Ovo,
            ("EWALLET", Some("DANA")) => Method::Dana,
            ("EWALLET", Some("SHOPEEPAY")) => Method::Shopeepay,
            ("VIRTUAL_ACCOUNT", Some("BCA")) => Method::VaBca,
            ("VIRTUAL_ACCOUNT", Some("BNI")) => Method::VaBni,
            ("VIRTUAL_ACCOUNT", Some("BRI")) => Method::VaBri,
            ("VIRTUAL_ACCOUNT", Some("MANDIRI")) => Method::VaMandiri,
            ("QR_CODE", Some("QRIS") | None) => Method::Qris,
            ("CARD", _) => Method::Card,
            (_, Some(code)) if CHANNELS_NOT_ACTIVATED.contains(&code) => return Err(Refusal::channel_not_activated()),
            // GoPay among them: v2 has never known it.
            (_, Some(_) | None) => {
                return Err(Refusal::field(&format!("{field}.channel_code"), "must be a channel of the type"));
            }
        };
        let rail = Self { method, details };
        rail.needs()?;
        Ok(rail)
    }

    pub(super) fn property(&self, name: &str) -> Option<String> {
        self.details.nested("channel_properties")?.text(name)
    }

    fn needs(&self) -> Result<(), Refusal> {
        let field = field_of(kind(self.method)).unwrap_or_default();
        let refuse = |name: &str, why: &str| Refusal::field(&format!("{field}.channel_properties.{name}"), why);
        let needed: &[&str] = match self.method {
            Method::Ovo => &["mobile_number"],
            Method::Dana | Method::Shopeepay => &["success_return_url"],
            Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => &["customer_name"],
            Method::Qris | Method::Gopay | Method::Card | Method::CardPage => &[],
        };
        if let Some(missing) = needed.iter().find(|name| self.property(name).is_none_or(|text| text.is_empty())) {
            return Err(refuse(missing, "is required for the channel"));
        }
        if self.method == Method::Qris && self.property("expires_at").is_some() {
            // Recorded by a user of the PHP client.
            return Err(Refusal::invalid("expires_at is not supported by channel 'QRIS'"));
        }
        let holds_number = self.details.nested("card_information").is_some_and(|card| card.has("card_number"));
        if self.method == Method::Card && holds_number {
            return Err(Refusal::new(403, "REQUEST_FORBIDDEN_ERROR", "Card numbers are not taken here; use a token."));
        }
        Ok(())
    }
}

/// The method that a create body is about, as far as it can be told.
pub(crate) fn method(body: &Body) -> Option<Method> {
    let described = body.nested("payment_method");
    Rail::read(described.as_ref().unwrap_or(body)).ok().map(|rail| rail.method)
}

/// The type of a method.
pub(crate) fn kind(method: Method) -> &'static str {
    match method {
        Method::Qris => "QR_CODE",
        Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay => "EWALLET",
        Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => "VIRTUAL_ACCOUNT",
        Method::Card | Method::CardPage => "CARD",
    }
}

/// The channel of a method inside its type; cards have none.
pub(crate) fn channel_code(method: Method) -> Option<&'static str> {
    match method {
        Method::Qris => Some("QRIS"),
        Method::Gopay => Some("GOPAY"),
        Method::Ovo => Some("OVO"),
        Method::Dana => Some("DANA"),
        Method::Shopeepay => Some("SHOPEEPAY"),
        Method::VaBca => Some("BCA"),
        Method::VaBni => Some("BNI"),
        Method::VaBri => Some("BRI"),
        Method::VaMandiri => Some("MANDIRI"),
        Method::Card | Method::CardPage => None,
    }
}

fn field_of(kind: &str) -> Option<&'static str> {
    match kind {
        "EWALLET" => Some("ewallet"),
        "VIRTUAL_ACCOUNT" => Some("virtual_account"),
        "QR_CODE" => Some("qr_code"),
        "CARD" => Some("card"),
        _ => None,
    }
}
