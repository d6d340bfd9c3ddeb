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
    runs(text).iter().any(|run| is_card_number(&run.digits))
}

/// The same of a value of which nobody has said what it is. Ids, articles' numbers, telephone numbers and dates are as long
/// as cards' numbers, and one in ten of them has the right check digit: so a scheme must issue numbers of that length, and
/// digits in groups must not be part of a word, as those of a UUID are.
pub(super) fn bears_card_number(text: &str) -> bool {
    let issued = |run: &Run| is_card_number(&run.digits) && is_issued(&run.digits);
    runs(text).iter().any(|run| issued(run) && !(run.is_grouped && run.is_in_word))
}

/// Digits that stand together.
#[derive(Default)]
struct Run {
    digits: Vec<u32>,
    /// With blanks or hyphens between them.
    is_grouped: bool,
    /// With a letter beside them, or behind a hyphen of theirs.
    is_in_word: bool,
}

fn runs(text: &str) -> Vec<Run> {
    let (mut runs, mut run, mut before) = (Vec::new(), Run::default(), ' ');
    for c in text.chars().chain(std::iter::once('\n')) {
        let is_between = matches!(c, ' ' | '-');
        if let Some(digit) = c.to_digit(10) {
            if run.digits.is_empty() {
                run.is_in_word = before.is_alphabetic() || before == '-';
            } else {
                run.is_grouped |= matches!(before, ' ' | '-');
            }
            run.digits.push(digit);
        } else if !run.digits.is_empty() && !is_between {
            run.is_in_word |= c.is_alphabetic() && before != ' ';
            runs.push(std::mem::take(&mut run));
        }
        before = c;
    }
    runs
}

fn is_card_number(digits: &[u32]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
    // Schemes start with 3 (JCB, Amex), 4 (Visa), 2 or 5 (Mastercard), 6 (Discover, UnionPay, GPN).
    let of_a_scheme = digits.first().is_some_and(|first| (2..=6).contains(first));
    LENGTHS.contains(&digits.len()) && of_a_scheme && luhn_sum(digits).is_multiple_of(10)
}

/// Whether the scheme that starts so has numbers of that length. Of Visa's, those of 13 digits are of the last century, and
/// every third article's number (EAN-13) would be one.
fn is_issued(digits: &[u32]) -> bool {
    match digits {
        // American Express, Diners Club.
        [3, 4 | 7, ..] => digits.len() == 15,
        [3, 0 | 6 | 8 | 9, ..] => digits.len() == 14,
        // JCB, Mastercard: of its newer ones no day of this century is one.
        [3, 5, ..] | [5, ..] | [2, 2..=7, ..] => digits.len() == 16,
        [4, ..] => matches!(digits.len(), 16 | 19),
        // Discover, UnionPay, Maestro, GPN.
        [6, ..] => digits.len() >= 16,
        _ => false,
    }
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

    #[track_caller]
    fn check_unlisted(text: &str, want: bool) {
        assert_eq!(bears_card_number(text), want, "{text}");
    }

    #[test]
    fn among_what_nobody_described_a_card_number_is_told_from_ids_dates_and_articles() {
        for number in ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904", "3530111333300000"]
        {
            check_unlisted(number, true);
            check_unlisted(&format!("EDC:{number};OK"), true);
            check_unlisted(&format!("pan{number}x"), true);
        }
        for text in ["kartu 4111 1111 1111 1111 ok", "4111-1111-1111-1111", "2223003122003222", "6200000000000005"] {
            check_unlisted(text, true);
        }
        // Each with the right check digit: an article, a telephone, a day with a number, a UUID.
        for text in ["4006381333932", "6281234567899", "20251013-00000000", "abcd4111-1111-1111-1111-abcdefabcdef"] {
            assert!(holds_card_number(text), "{text} has not the check digit of a card");
            check_unlisted(text, false);
        }
        check_unlisted("4111111111111112", false);
    }
}
