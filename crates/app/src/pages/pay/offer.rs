//! What is put before the customer, by kind of artefact.

use maud::{Markup, PreEscaped, html};
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::qr::PaymentQr;
use url::Url;

use super::{PayPage, words};
use crate::language::Bilingual;
use crate::pages::qr_image::QrImage;

/// Schemes that run or read something instead of opening an app.
const SCHEMES_REFUSED: [&str; 6] = ["javascript", "data", "vbscript", "blob", "file", "filesystem"];

impl PayPage {
    /// The part of the page that the customer pays with.
    pub(super) fn offer(&self, artefact: &Artefact, token: &str) -> Markup {
        match artefact {
            Artefact::Qr { qr_string } => self.qr(qr_string, token),
            Artefact::VirtualAccount { bank_code, va_number } => {
                self.numbers(&[(words::BANK, bank_code), (words::VA_NUMBER, va_number)])
            }
            Artefact::Bill { biller_code, bill_key } => {
                self.numbers(&[(words::BILLER_CODE, biller_code), (words::BILL_KEY, bill_key)])
            }
            Artefact::Link { checkout_url, deeplink_url } => {
                self.links(checkout_url.as_deref(), deeplink_url.as_deref())
            }
            Artefact::Push => html! { p { (self.say(words::LOOK_AT_PHONE)) } },
        }
    }

    /// How to pay with it, where that is not plain.
    pub(super) fn steps(&self, artefact: &Artefact) -> Markup {
        match artefact {
            Artefact::Qr { .. } => html! {
                ol.steps { @for step in words::QR_STEPS { li { (self.say(step)) } } }
            },
            Artefact::VirtualAccount { .. } | Artefact::Bill { .. } | Artefact::Link { .. } | Artefact::Push => {
                html! {}
            }
        }
    }

    fn qr(&self, qr_string: &str, token: &str) -> Markup {
        let Ok(image) = QrImage::of(qr_string) else {
            return html! { p { (self.say(words::QR_BROKEN)) } };
        };
        let nmids = PaymentQr::parse(qr_string).map(|qr| qr.nmids).unwrap_or_default();
        html! {
            (self.picture(&image, words::QR_LABEL))
            // Payers compare it with what their app shows.
            @if let Some(nmid) = nmids.first() { p.fine { "NMID: " (nmid) } }
            a.button href=(format!("{token}/qr.png")) download=(format!("qris-{}.png", self.order_code)) {
                (self.say(words::SAVE_QR))
            }
        }
    }

    fn numbers(&self, numbers: &[(Bilingual, &String)]) -> Markup {
        html! {
            dl { @for (label, number) in numbers {
                dt.fine { (self.say(*label)) }
                dd.number { (number) }
            } }
        }
    }

    fn links(&self, checkout_url: Option<&str>, deeplink_url: Option<&str>) -> Markup {
        let page = checkout_url.filter(|link| scheme_of(link).as_deref() == Some("https"));
        let app = deeplink_url
            .filter(|link| scheme_of(link).is_some_and(|scheme| !SCHEMES_REFUSED.contains(&scheme.as_str())));
        html! {
            @if let Some(Ok(image)) = page.map(QrImage::of) { (self.picture(&image, words::LINK_LABEL)) }
            @if let Some(app) = app { a.button.first href=(app) rel="noreferrer" { (self.say(words::OPEN_APP)) } " " }
            @if let Some(page) = page { a.button href=(page) rel="noreferrer" { (self.say(words::OPEN_PAGE)) } }
        }
    }

    fn picture(&self, image: &QrImage, label: Bilingual) -> Markup {
        html! { div.qr role="img" aria-label=(self.say(label)) { (PreEscaped(image.svg())) } }
    }
}

fn scheme_of(link: &str) -> Option<String> {
    Url::parse(link).ok().map(|url| url.scheme().to_owned())
}
