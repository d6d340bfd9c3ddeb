//! Card data somewhere in JSON that nobody described.

use std::iter;

use crate::http::text;

/// What the codes on the backs of cards are called. Nobody may keep them (PCI DSS, requirement 3.3.1.2), and three digits
/// give themselves away by nothing else.
const CODES: [&str; 8] = ["cvv", "cvv2", "cvc", "cvc2", "cvn", "card_cvn", "card_cvv", "card_cvc"];

/// Whether it has a card's number or code in it, at any depth, in a name or a value. `json` has been read as JSON before.
pub(super) fn holds_card_data(json: &str) -> bool {
    tokens(json).any(|token| match token {
        Token::Name { name, is_filled } => {
            is_filled && CODES.contains(&name.to_ascii_lowercase().as_str()) || text::bears_card_number(&name)
        }
        Token::Text(text) => text::bears_card_number(&text),
        // A fraction has as many digits as a card where a binary float was written out.
        Token::Number(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()) && text::bears_card_number(digits),
    })
}

enum Token<'a> {
    /// Of a member whose value is something.
    Name {
        name: String,
        is_filled: bool,
    },
    Text(String),
    Number(&'a str),
}

/// What is in it, from its beginning to its end: as deep as it may nest, and twice where a name is there twice, which a
/// reading into a tree would not show.
fn tokens(json: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = json;
    iter::from_fn(move || {
        let (_, here) = rest.split_at_checked(rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?)?;
        let is_quoted = here.starts_with('"');
        let length = if is_quoted { quoted(here) } else { here.find(|c| !is_of_number(c)).unwrap_or(here.len()) };
        let (token, behind) = here.split_at_checked(length)?;
        rest = behind;
        if !is_quoted {
            return Some(Token::Number(token));
        }
        // An escape stands for what it reads as.
        let read = serde_json::from_str(token).unwrap_or_else(|_no_text| token.to_owned());
        Some(match behind.trim_ascii_start().strip_prefix(':') {
            Some(value) => Token::Name { name: read, is_filled: !value.trim_ascii_start().starts_with("null") },
            None => Token::Text(read),
        })
    })
}

const fn is_of_number(c: char) -> bool {
    matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-')
}

/// How many bytes the string takes up with which it begins, its quotes with it.
fn quoted(json: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in json.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at.saturating_add(1),
            _ => {}
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, want: bool) {
        assert_eq!(holds_card_data(json), want, "{json}");
    }

    #[test]
    fn card_data_is_found_at_any_depth_under_any_name_and_however_it_is_written() {
        check("4111111111111111", true);
        check(r#"[{"a":{"b":["x","4111 1111 1111 1111"]}}]"#, true);
        check(r#"{"4111111111111111":1}"#, true);
        check(r#"{"a":"\u0034111111111111111"}"#, true);
        check(r#"{"a":"say \"4111111111111111\""}"#, true);
        check(r#"{"a":"\\","b":4111111111111111}"#, true);
        check(r#"{"a":"4111111111111111","a":"1"}"#, true);
        check(&format!("{}4111111111111111{}", "[".repeat(10_000), "]".repeat(10_000)), true);
        check(r#"{"payment":{"CVV": "123"}}"#, true);
        check(r#"{"payment":{"cvv" : 123}}"#, true);
    }

    #[test]
    fn what_a_till_keeps_of_a_sale_passes() {
        check(r#"{"card":{"brand":"visa","last4":"1111","masked":"411111******1111","cvv":null}}"#, false);
        check(r#"[{"barcode":"4006381333932","price":16500.000000000002,"tax":0.4111111111111111}]"#, false);
        check(r#"{"at":1760351400000,"id":"0f9a4111-1111-4111-a111-0123456789ab","phone":"+62 812-3456-7899"}"#, false);
        check(r#"{"a":[true,null,-4111111111111111,1e999,""],"b":"cvv"}"#, false);
    }
}
