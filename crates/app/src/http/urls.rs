//! URLs that customers are sent to afterwards. Never fetched by us.

use url::{Host, Url};

/// Longest URL.
const BYTES_MAX: usize = 2_048;
/// Names that lead into somebody's own network.
const PRIVATE_SUFFIXES: [&str; 9] =
    ["local", "localhost", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa"];

/// Takes a URL that any customer's browser can be sent to: https, a public name, no credentials, no
/// port of its own; `None` for any other.
pub(crate) fn public_https(text: &str) -> Option<String> {
    // What parsers repair silently is refused: others may repair it otherwise.
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if text.len() > BYTES_MAX || !plain || !text.to_ascii_lowercase().starts_with("https://") {
        return None;
    }
    let authority = text.split('/').nth(2)?;
    let authority = authority.split(['?', '#']).next()?;
    let url: Url = text.parse().ok()?;
    let Some(Host::Domain(name)) = url.host() else { return None };
    let bare =
        !authority.is_empty() && !authority.contains('@') && url.username().is_empty() && url.password().is_none();
    let is_public = url.scheme() == "https" && bare && url.port().is_none() && is_public_name(name);
    is_public.then(|| text.to_owned())
}

fn is_public_name(name: &str) -> bool {
    let top = name.rsplit('.').next().unwrap_or_default();
    let alphabetic = top.starts_with(|c: char| c.is_ascii_alphabetic());
    name.contains('.') && alphabetic && !PRIVATE_SUFFIXES.contains(&top)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: bool) {
        assert_eq!(public_https(text).is_some(), want, "{text}");
    }

    #[test]
    fn a_public_https_url_is_taken_as_it_is() {
        check("https://pos.example.com/payment/success", true);
        check("https://pos.example.com", true);
        check("https://toko.co.id/a?b=c&d=e%20f#g", true);
        check("https://pos.example.com:443/", true);
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "http://pos.example.com/x",
            "//pos.example.com",
            "pos.example.com",
            "https://",
            "https://user@pos.example.com/",
            "https://pos.example.com@evil.example/",
            "https://@pos.example.com/",
            "https://pos.example.com:8443/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://192.168.1.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
            "https://pos.internal/",
            "https://metadata.google.internal/",
            "https://pos.example.com./",
            "https://pos.example.com\\@evil.example/",
            "https:pos.example.com",
            "https:///pos.example.com",
            "https://pos.example.com/\r\nX: 1",
            "https://pos example.com/",
            "javascript:alert(1)",
        ] {
            check(text, false);
        }
        check(&format!("https://pos.example.com/{}", "a".repeat(2_048)), false);
    }
}
