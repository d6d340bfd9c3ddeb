//! `GET /v2/token`: a page turns a card into a token, with the client key; the token pays one charge.

use serde::Serialize;
use url::form_urlencoded;

use super::answer::Refusal;
use super::perform::Done;
use crate::config::MidtransMerchant;
use crate::faults::Lie;
use crate::id;
use crate::ledger::Entry;
use crate::sandbox::{Pen, json};

/// Digits of a card's number, at least and at most (ISO/IEC 7812).
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
const FIRST_DIGITS: usize = 6;
const LAST_DIGITS: usize = 4;

#[derive(Serialize)]
struct TokenView<'a> {
    status_code: &'static str,
    status_message: &'static str,
    token_id: &'a str,
    hash: String,
}

/// How the bank, or the check for fraud, takes a charge to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Challenged,
    DeniedByBank,
    DeniedAsFraud,
}

/// The test cards that do not simply work, by what a token shows of their numbers.
const TEST_CARDS: [(&str, Verdict); 3] = [
    ("551011-1115", Verdict::Challenged),
    ("491111-1113", Verdict::DeniedByBank),
    ("461111-1116", Verdict::DeniedAsFraud),
];

impl Verdict {
    pub(super) fn of(masked: &str) -> Self {
        TEST_CARDS.iter().find(|(card, _)| *card == masked).map_or(Self::Accepted, |(_, verdict)| *verdict)
    }
}

/// A parameter of the query.
pub(super) fn queried(raw_query: &str, parameter: &str) -> Option<String> {
    form_urlencoded::parse(raw_query.as_bytes())
        .find(|(name, _)| name == parameter)
        .map(|(_, value)| value.into_owned())
}

/// Makes a token.
pub(super) fn tokenize(pen: &mut Pen<'_>, merchant: &MidtransMerchant, raw_query: &str) -> Result<Done, Refusal> {
    let mut wrong = Vec::new();
    for field in ["card_number", "card_exp_month", "card_exp_year"] {
        if queried(raw_query, field).is_none_or(|text| text.is_empty()) {
            wrong.push(format!("{field} is required"));
        }
    }
    let number = queried(raw_query, "card_number").unwrap_or_default();
    if wrong.is_empty() && !is_card_number(&number) {
        wrong.push("card_number is invalid".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Refusal::invalid(wrong));
    }
    let masked = masked(&number);
    let token_id = format!("{masked}-{}", id::prefixed(""));
    pen.record(&Entry::Tokenized { account: merchant.name.clone(), token_id: token_id.clone() });
    let body = json(&TokenView {
        status_code: "200",
        status_message: "Credit card token is created as Token ID.",
        token_id: &token_id,
        hash: format!("{masked}-mami"),
    });
    Ok(Done::new(200, &Lie::default(), |lie| lie.finish(body.clone())))
}

/// What a token shows of its card.
pub(super) fn masked_in(token_id: &str) -> String {
    token_id.chars().take(FIRST_DIGITS + 1 + LAST_DIGITS).collect()
}

fn masked(number: &str) -> String {
    let first: String = number.chars().take(FIRST_DIGITS).collect();
    let last: String = number.chars().skip(number.len().saturating_sub(LAST_DIGITS)).collect();
    format!("{first}-{last}")
}

/// Whether the check digit is right (Luhn).
fn is_card_number(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
            .sum();
        DIGITS.contains(&digits.len()) && sum.is_multiple_of(10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_ends_with_its_check_digit() {
        for (number, good) in [("4811111111111114", true), ("4811111111111115", false), ("48111", false), ("x", false)]
        {
            assert_eq!(is_card_number(number), good, "{number}");
        }
    }

    #[test]
    fn what_a_token_shows_tells_the_test_cards_apart() {
        assert_eq!(masked_in(&format!("{}-uuid", masked("5510111111111115"))), "551011-1115");
        assert_eq!(Verdict::of("551011-1115"), Verdict::Challenged);
        assert_eq!(Verdict::of("481111-1114"), Verdict::Accepted);
    }
}
