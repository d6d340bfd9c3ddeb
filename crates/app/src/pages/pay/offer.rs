//! What is put before the customer, by kind of artefact.

use maud::{Markup, PreEscaped, html};
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::qr::PaymentQr;
use url::{Host, Url};

use super::{PayPage, words};
use crate::language::Bilingual;
use crate::pages::qr_image::QrImage;

/// Schemes that run or read something instead of opening an app.
const SCHEMES_REFUSED: [&str; 6] = ["javascript", "data", "vbscript", "blob", "file", "filesystem"];
/// How many digits of a number stand together.
const DIGITS_TOGETHER: usize = 4;

impl PayPage {
    /// The part of the page that the customer pays with; `left` tells how long they can.
    pub(super) fn offer(&self, artefact: &Artefact, left: &Markup, token: &str) -> Markup {
        match artefact {
            Artefact::Qr { qr_string } => self.qr(qr_string, left, token),
            Artefact::VirtualAccount { bank_code, va_number } => {
                let bank = words::bank_name(self.method).unwrap_or(bank_code);
                self.numbers(&[(words::BANK, bank), (words::VA_NUMBER, va_number)], left)
            }
            Artefact::Bill { biller_code, bill_key } => {
                self.numbers(&[(words::BILLER_CODE, biller_code), (words::BILL_KEY, bill_key)], left)
            }
            Artefact::Link { checkout_url, deeplink_url } => {
                self.links(checkout_url.as_deref(), deeplink_url.as_deref(), left)
            }
            Artefact::Push => html! { p { (self.say(words::LOOK_AT_PHONE)) } (left) },
        }
    }

    /// How to pay with it, where that is not plain.
    pub(super) fn steps(&self, artefact: &Artefact) -> Markup {
        let steps = match artefact {
            Artefact::Qr { .. } => words::QR_STEPS.as_slice(),
            Artefact::VirtualAccount { .. } => &words::VA_STEPS,
            Artefact::Link { .. } => &words::LINK_STEPS,
            Artefact::Bill { .. } => &words::BILL_STEPS,
            Artefact::Push => return html! {},
        };
        html! { ol.steps { @for step in steps { li { (self.say(*step)) } } } }
    }

    fn qr(&self, qr_string: &str, left: &Markup, token: &str) -> Markup {
        let Ok(image) = QrImage::of(qr_string) else {
            return html! { p { (self.say(words::QR_BROKEN)) } };
        };
        let nmids = PaymentQr::parse(qr_string).map(|qr| qr.nmids).unwrap_or_default();
        html! {
            (self.picture(&image, words::QR_LABEL))
            // Payers compare it with what their app shows. Beside it stand the acquirer's own numbers for the shop; the
            // national one begins with the country's code.
            @if let Some(nmid) = nmids.iter().find(|id| id.starts_with("ID")) { p.fine { "NMID: " (nmid) } }
            (left)
            // For a customer whose banking app is on the very phone that shows this page.
            a.button.save href=(format!("{token}/qr.png")) download=(format!("qris-{}.png", self.order_code)) {
                (self.say(words::SAVE_QR))
            }
        }
    }

    fn numbers(&self, numbers: &[(Bilingual, &str)], left: &Markup) -> Markup {
        html! {
            dl { @for (label, number) in numbers {
                dt.fine { (self.say(*label)) }
                dd.number { (grouped(number)) }
            } }
            (left)
        }
    }

    fn links(&self, checkout_url: Option<&str>, deeplink_url: Option<&str>, left: &Markup) -> Markup {
        let page = checkout_url.filter(|link| is_page(link));
        let app = deeplink_url
            .filter(|link| scheme_of(link).is_some_and(|scheme| !SCHEMES_REFUSED.contains(&scheme.as_str())));
        // Where there is no page, a phone that scans the app's own link is led to the app: if a browser could open it.
        let scanned = page.or_else(|| app.filter(|link| is_page(link)));
        html! {
            @if let Some(Ok(image)) = scanned.map(QrImage::of) { (self.picture(&image, words::LINK_LABEL)) }
            (left)
            @if let Some(app) = app { a.button.first href=(app) rel="noreferrer" { (self.say(words::OPEN_APP)) } " " }
            @if let Some(page) = page { a.button href=(page) rel="noreferrer" { (self.say(words::OPEN_PAGE)) } }
        }
    }

    fn picture(&self, image: &QrImage, label: Bilingual) -> Markup {
        html! { div.qr role="img" aria-label=(self.say(label)) { (PreEscaped(image.svg())) } }
    }
}

/// A number as it is read and typed: a few digits at a time. The gaps are no characters, so that a copy has none.
fn grouped(number: &str) -> Markup {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return html! { (number) };
    }
    let digits: Vec<char> = number.chars().collect();
    html! { @for group in digits.chunks(DIGITS_TOGETHER) { span { (group.iter().collect::<String>()) } } }
}

/// A page that may be led to: over TLS, or on this very machine, where the sandbox shows its pages.
fn is_page(link: &str) -> bool {
    let Ok(url) = Url::parse(link) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

fn scheme_of(link: &str) -> Option<String> {
    Url::parse(link).ok().map(|url| url.scheme().to_owned())
}
