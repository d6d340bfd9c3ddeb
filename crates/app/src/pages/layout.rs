//! What all pages share: the frame, the looks, the one small script, and what a browser may do with them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::language::Language;

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/pay.js");

/// Nothing from elsewhere, nothing inline but our own style and script by their hash, no forms, no
/// framing; the script may only ask this server.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash_source(STYLE),
        hash_source(SCRIPT)
    )
});

/// The headers that every page is to be sent with, beside its content type: names in lower case.
#[must_use]
pub fn page_headers() -> [(&'static str, &'static str); 6] {
    [
        ("content-security-policy", &CONTENT_SECURITY_POLICY),
        // A pay page's address is its key: it goes to nobody else.
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
        ("cross-origin-opener-policy", "same-origin"),
    ]
}

/// A page's head and frame.
pub(super) struct Frame<'a> {
    pub(super) language: Language,
    pub(super) title: &'a str,
    /// Seconds after which a browser without script asks again.
    pub(super) refresh_seconds: Option<u32>,
    /// Whether the script comes along.
    pub(super) script: bool,
}

impl Frame<'_> {
    /// The whole document around `main`.
    pub(super) fn around(&self, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    meta name="theme-color" content="#f2f5fa";
                    @if let Some(seconds) = self.refresh_seconds {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (main)
                    @if self.script { script { (PreEscaped(SCRIPT)) } }
                }
            }
        }
    }
}

/// A text's source expression in a policy (CSP level 3, section 2.3.1).
fn hash_source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_cannot_end_their_element_early() {
        for asset in [STYLE, SCRIPT] {
            assert!(!asset.contains("</") && !asset.contains("<!--"));
        }
    }

    #[test]
    fn the_policy_names_the_style_and_script_that_are_sent() {
        let frame = Frame { language: Language::English, title: "t", refresh_seconds: None, script: true };
        let page = frame.around(&html! { main {} }).into_string();
        let [(name, policy), ..] = page_headers();
        assert_eq!(name, "content-security-policy");
        for element in ["style", "script"] {
            let (_, rest) = page.split_once(&format!("<{element}>")).unwrap();
            let (sent, _) = rest.split_once(&format!("</{element}>")).unwrap();
            assert!(policy.contains(&format!("{element}-src '{}'", hash_source(sent))), "{element}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn only_a_frame_that_asks_for_it_is_refreshed() {
        let page = |refresh_seconds| {
            let frame = Frame { language: Language::Indonesian, title: "t", refresh_seconds, script: false };
            frame.around(&html! { main {} }).into_string()
        };
        assert!(page(Some(5)).contains(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#));
        assert!(!page(None).contains("refresh"));
        assert!(!page(None).contains("<script"));
    }
}
