//! Pages that say one thing and know no payment.

use maud::{Markup, html};

use super::layout::Frame;
use crate::language::{Bilingual, Language, both};

const RETURN_HEADLINE: Bilingual = both("Silakan kembali ke kasir", "Please return to the cashier");
const RETURN_ADVICE: Bilingual = both(
    "Layar kasir menampilkan hasil pembayaran Anda. Halaman ini boleh ditutup.",
    "The till shows whether your payment was received. You may close this page.",
);
const LINK_OVER_HEADLINE: Bilingual = both("Tautan tidak berlaku", "This link is not valid");
const LINK_OVER_ADVICE: Bilingual = both(
    "Tautan ini salah atau sudah lewat waktunya. Minta yang baru kepada kasir.",
    "It is mistyped, or its time is over. Ask the cashier for a new one.",
);

/// `/pay/return`: where a provider's own page sends the customer, whatever came of it. It does not say
/// that anything was paid: nobody was asked, and anyone can open it.
#[must_use]
pub fn return_page(language: Language) -> Markup {
    notice(language, RETURN_HEADLINE, RETURN_ADVICE)
}

/// What stands at a pay link that opens nothing, forged or over alike.
#[must_use]
pub fn link_over_page(language: Language) -> Markup {
    notice(language, LINK_OVER_HEADLINE, LINK_OVER_ADVICE)
}

fn notice(language: Language, headline: Bilingual, advice: Bilingual) -> Markup {
    let title = headline.in_language(language);
    let main = html! {
        main.pay.bare {
            div.end {}
            div.status.wait {
                h1 { (title) }
                p { (advice.in_language(language)) }
            }
            div.end {}
        }
    };
    Frame { language, title, refresh_seconds: None, script: false }.around(&main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: fn(Language) -> Markup, want: [&str; 2]) {
        for (language, want) in Language::ALL.into_iter().zip(want) {
            let html = page(language).into_string();
            assert!(html.contains(&format!(r#"<html lang="{}">"#, language.tag())), "{html}");
            assert!(html.contains(&format!("<h1>{want}</h1>")), "{html}");
            assert!(!html.contains("<script") && !html.contains("refresh"), "{html}");
        }
    }

    #[test]
    fn who_comes_back_from_a_provider_is_sent_to_the_till() {
        check(return_page, ["Silakan kembali ke kasir", "Please return to the cashier"]);
    }

    #[test]
    fn a_link_that_opens_nothing_says_so() {
        check(link_over_page, ["Tautan tidak berlaku", "This link is not valid"]);
    }
}
