//! Texts that tills send: phone numbers, e-mail addresses, and digits that must not be there.

use email_address::{EmailAddress, Options};

/// A phone number in Indonesia as `+62...`; `None` if it is none.
pub(super) fn indonesian_phone(text: &str) -> Option<String> {
    const DIGITS: std::ops::RangeInclusive<usize> = 8..=13;
    let national = text.strip_prefix("+62").or_else(|| text.strip_prefix('0'))?;
    let plausible = national.starts_with('8')
        && DIGITS.contains(&national.len())
        && national.bytes().all(|byte| byte.is_ascii_digit());
    plausible.then(|| format!("+62{national}"))
}

/// Whether a mail could be sent there: one address, without a name beside it, at a domain.
pub(super) fn is_email(text: &str) -> bool {
    const BYTES_MAX: usize = 254;
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    text.len() <= BYTES_MAX
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
        && EmailAddress::parse_with_options(text, options).is_ok()
}

/// Whether somewhere in the text there is what looks like a card number: 13 to 19 digits, perhaps in
/// groups, of a card scheme, whose check digit is right (ISO/IEC 7812-1).
pub(crate) fn holds_card_number(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    for c in text.chars().chain(std::iter::once('\n')) {
        match c.to_digit(10) {
            Some(digit) => run.push(digit),
            None if matches!(c, ' ' | '-') && !run.is_empty() => {}
            None => {
                if is_card_number(&run) {
                    return true;
                }
                run.clear();
            }
        }
    }
    false
}

fn is_card_number(digits: &[u32]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
    // Schemes start with 3 (JCB, Amex), 4 (Visa), 2 or 5 (Mastercard), 6 (Discover, UnionPay, GPN).
    let of_a_scheme = digits.first().is_some_and(|first| (2..=6).contains(first));
    LENGTHS.contains(&digits.len()) && of_a_scheme && luhn_sum(digits).is_multiple_of(10)
}

fn luhn_sum(digits: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    digits.iter().rev().enumerate().map(|(nth, &digit)| if nth % 2 == 1 { doubled(digit) } else { digit }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_brought_to_one_form() {
        assert_eq!(indonesian_phone("081234567890").as_deref(), Some("+6281234567890"));
        assert_eq!(indonesian_phone("+6281234567890").as_deref(), Some("+6281234567890"));
        for text in ["", "abc", "6281234567890", "+1 202 555 0100", "08", "0812345678901234", "+62 812345678"] {
            assert_eq!(indonesian_phone(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_email_address_is_one_address_at_a_domain() {
        for text in ["kasir@example.com", "a.b+c@toko.co.id"] {
            assert!(is_email(text), "{text}");
        }
        for text in
            ["", "a", "a@", "@b.c", "a@b@c.d", "a b@c.d", "<a@c.d>", "A <a@c.d>", "a@c.d\r\nBcc: x@y.z", "a@[1.2.3.4]"]
        {
            assert!(!is_email(text), "{text:?}");
        }
    }

    #[test]
    fn card_numbers_are_found_in_any_grouping() {
        for text in ["4111111111111111", "kartu 4111-1111-1111-1111.", "x 5555 5555 5555 4444"] {
            assert!(holds_card_number(text), "{text}");
        }
        for text in ["", "4111111111111112", "081234567890", "2025101300000", "TRX-1", "1111111111111117"] {
            assert!(!holds_card_number(text), "{text}");
        }
    }
}
