//! Which names and which words give something away.

use super::MASK;

/// Words that make a field's value secret wherever they stand in its name.
const SECRET_WORDS: [&str; 19] = [
    "authorization",
    "card",
    "cardholder",
    "cookie",
    "cvc",
    "cvn",
    "cvv",
    "email",
    "fingerprint",
    "mobile",
    "pan",
    "password",
    "phone",
    "pin",
    "secret",
    "signature",
    "token",
    "msisdn",
    "otp",
];
/// Pairs of neighbouring words that do.
const SECRET_PAIRS: [(&str, &str); 5] =
    [("api", "key"), ("server", "key"), ("client", "key"), ("sdk", "key"), ("account", "number")];
/// A number to pay *to* is meant to be seen.
const PUBLIC_NAMES: [&str; 1] = ["virtual_account_number"];

/// Digits of a payment card number, ISO/IEC 7812.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether what stands under that name must not be kept.
pub(super) fn is_secret(name: &str) -> bool {
    if PUBLIC_NAMES.contains(&name) {
        return false;
    }
    let words = split(name);
    let pairs = words.iter().zip(words.iter().skip(1));
    words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        || pairs.into_iter().any(|(a, b)| SECRET_PAIRS.contains(&(a.as_str(), b.as_str())))
}

/// `mobileNumber`, `mobile_number` and `Mobile-Number` are all `mobile`, `number`.
fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        let starts_word = !c.is_alphanumeric() || (c.is_uppercase() && after_lower);
        if starts_word {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether there is anything in a text that must not be kept.
pub(super) fn any_gives_away(text: &str) -> bool {
    text.split(char::is_whitespace).any(gives_away)
}

/// Free text without e-mail addresses and card numbers.
pub(super) fn scrubbed(text: &str) -> String {
    text.split_inclusive(|c: char| c.is_whitespace())
        .map(|word| {
            let bare = word.trim_end();
            if gives_away(bare) { word.replacen(bare, MASK, 1) } else { word.to_owned() }
        })
        .collect()
}

fn gives_away(word: &str) -> bool {
    let is_address = word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    is_address || is_card_number(word)
}

fn is_card_number(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    if word.chars().any(|c| !c.is_ascii_digit() && c != '-') {
        return false;
    }
    let digits: Vec<u32> = word.chars().filter_map(|c| c.to_digit(10)).collect();
    CARD_DIGITS.contains(&digits.len()) && luhn(&digits)
}

/// The check digit rule of ISO/IEC 7812-1 annex B.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ if *digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_words() {
        for name in [
            "card_number",
            "cardNumber",
            "Card-Number",
            "masked_card_number",
            "account_mobile_number",
            "x-api-key",
            "payer_account_number",
            "customerEmail",
            "signature_key",
            "password",
            "card_details",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "discard",
            "virtual_account_number",
            "latest_payment_id",
            "api_version",
            "company",
            "spinning",
            "key",
            "status",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn only_whole_words_that_check_out_are_cards() {
        assert_eq!(scrubbed("pay 4000-0000-0000-1091, please"), "pay [redacted] please");
        for text in ["4000000000001092", "pr-4000000000001091", "20210102", "", "  two  spaces "] {
            assert_eq!(scrubbed(text), text);
        }
    }
}
