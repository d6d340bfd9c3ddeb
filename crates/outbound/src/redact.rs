//! Making what was said fit to be kept: credentials, cards, phones and e-mail addresses go, and what
//! remains is cut to a size.

mod words;

use serde_json::value::RawValue;

use crate::json::Entries;

/// Most bytes of one body that are kept.
pub const KEPT_BYTES_MAX: usize = 8 * 1024;

/// Deepest nesting that is looked into; anything below is left out.
const DEPTH_MAX: usize = 32;
const MASK: &str = "[redacted]";
const TOO_DEEP: &str = "\"[too deep]\"";

/// A body without what must not be kept, at most [`KEPT_BYTES_MAX`] and a few words long. JSON keeps its
/// shape and the exact text of its numbers; anything else is treated as words.
#[must_use]
pub fn body(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut kept = String::with_capacity(text.len().min(KEPT_BYTES_MAX));
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(json) => value(json.get(), 0, &mut kept),
        Err(_no_json) => {
            let words: String = text.chars().take(KEPT_BYTES_MAX).collect();
            kept.push_str(&words::scrubbed(&words));
        }
    }
    cut(kept, text.len())
}

/// A header's value, or the mask where the header is a credential.
#[must_use]
pub fn header<'a>(name: &str, value: &'a str) -> &'a str {
    if words::is_secret(name) { MASK } else { value }
}

fn value(json: &str, depth: usize, kept: &mut String) {
    if kept.len() > KEPT_BYTES_MAX {
        return;
    }
    match json.as_bytes().first() {
        Some(b'{' | b'[') if depth == DEPTH_MAX => kept.push_str(TOO_DEEP),
        Some(b'{') => members(json, depth, kept),
        Some(b'[') => items(json, depth, kept),
        Some(b'"') => string(json, kept),
        Some(_) | None => kept.push_str(json),
    }
}

fn members(json: &str, depth: usize, kept: &mut String) {
    let Entries(entries) = serde_json::from_str(json).unwrap_or(Entries(Vec::new()));
    kept.push('{');
    for (nth, (key, member)) in entries.into_iter().enumerate() {
        if nth > 0 {
            kept.push(',');
        }
        quote(&key, kept);
        kept.push(':');
        if words::is_secret(&key) && member.get() != "null" {
            quote(MASK, kept);
        } else {
            value(member.get(), depth + 1, kept);
        }
    }
    kept.push('}');
}

fn items(json: &str, depth: usize, kept: &mut String) {
    let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    kept.push('[');
    for (nth, item) in items.into_iter().enumerate() {
        if nth > 0 {
            kept.push(',');
        }
        value(item.get(), depth + 1, kept);
    }
    kept.push(']');
}

fn string(json: &str, kept: &mut String) {
    let unescaped = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('\\'));
    match unescaped {
        // Most are kept as they stand.
        Some(text) if !words::any_gives_away(text) => kept.push_str(json),
        Some(_) | None => {
            quote(&words::scrubbed(&serde_json::from_str::<String>(json).unwrap_or_default()), kept);
        }
    }
}

fn quote(text: &str, kept: &mut String) {
    if text.bytes().any(|byte| byte.is_ascii_control() || byte == b'"' || byte == b'\\') {
        kept.push_str(&serde_json::Value::from(text).to_string());
    } else {
        kept.push('"');
        kept.push_str(text);
        kept.push('"');
    }
}

fn cut(mut kept: String, whole_bytes: usize) -> String {
    if kept.len() > KEPT_BYTES_MAX {
        kept.truncate(kept.floor_char_boundary(KEPT_BYTES_MAX));
        kept.push_str(" [cut: ");
        kept.push_str(&whole_bytes.to_string());
        kept.push_str(" bytes]");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, want: &str) {
        assert_eq!(body(said.as_bytes()), want);
    }

    #[test]
    fn what_names_a_secret_is_masked_at_any_depth() {
        check(
            r#"{"reference_id":"TRX-1","card_details":{"cvn":"123"},"data":[{"mobile_number":"+62811","email":"a@b.id"}]}"#,
            r#"{"reference_id":"TRX-1","card_details":"[redacted]","data":[{"mobile_number":"[redacted]","email":"[redacted]"}]}"#,
        );
        check(
            r#"{"payment_token_id":"pt-1","apiKey":"k","x":null}"#,
            r#"{"payment_token_id":"[redacted]","apiKey":"[redacted]","x":null}"#,
        );
        check(r#"{"token":1,"token":2}"#, r#"{"token":"[redacted]","token":"[redacted]"}"#);
    }

    #[test]
    fn numbers_keep_their_text() {
        check(
            r#"{"request_amount": 10000.010, "n": 9007199254740993}"#,
            r#"{"request_amount":10000.010,"n":9007199254740993}"#,
        );
    }

    #[test]
    fn secrets_in_free_text_are_masked() {
        check(r#"{"message":"mail budi@toko.id failed"}"#, r#"{"message":"mail [redacted] failed"}"#);
        check(r#"["4000000000001091"]"#, r#"["[redacted]"]"#);
        check("<html>write to ops@psp.id now</html>", "<html>write to [redacted] now</html>");
    }

    #[test]
    fn nothing_slips_through_by_how_it_is_written() {
        check(r#"{"message":"budi\u0040toko.id"}"#, r#"{"message":"[redacted]"}"#);
        check(r#"["a\n4000000000001091"]"#, r#"["a\n[redacted]"]"#);
        check("[\"a\u{a0}4000000000001091\u{3000}b\"]", "[\"a\u{a0}[redacted]\u{3000}b\"]");
        check(r#"{"to\u006ben":"x"}"#, r#"{"token":"[redacted]"}"#);
    }

    #[test]
    fn what_gives_nothing_away_says_what_it_said() {
        check(r#"{"message":"say \"hi\"\\n"}"#, r#"{"message":"say \"hi\"\\n"}"#);
        check(r#"{"a\"b":1,"\u0001":2}"#, r#"{"a\"b":1,"\u0001":2}"#);
        check("{\"\u{7f}\":\"\u{7f} Rp 33.000 é\"}", "{\"\u{7f}\":\"\u{7f} Rp 33.000 é\"}");
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let long = body(format!("\"{}\"", "é".repeat(KEPT_BYTES_MAX)).as_bytes());
        assert!(long.len() < KEPT_BYTES_MAX + 64, "{}", long.len());
        assert!(long.ends_with("bytes]"));
        let deep = body(format!("{}7{}", "[".repeat(200), "]".repeat(200)).as_bytes());
        assert!(deep.contains("too deep") && !deep.contains('7'), "{deep}");
    }

    #[test]
    fn credentials_in_headers_are_masked() {
        assert_eq!(header("Authorization", "Basic abc"), "[redacted]");
        assert_eq!(header("x-callback-token", "abc"), "[redacted]");
        assert_eq!(header("webhook-id", "abc"), "abc");
    }
}
