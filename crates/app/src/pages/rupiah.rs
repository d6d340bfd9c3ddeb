//! Money as people read it in Indonesia.

use mstore_pay_domain::money::Money;

/// Digits between two separators.
const GROUP_DIGITS: usize = 3;

/// An amount in rupiah, `Rp 33.000`; with sen, where there are any, `Rp 33.000,50`. Written the same
/// way in both tongues, as price tags are.
#[must_use]
pub fn rupiah(money: &Money) -> String {
    let digits = money.to_string();
    let (whole, sen) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut text = String::from("Rp ");
    for (position, digit) in whole.chars().enumerate() {
        let digits_left = whole.len() - position;
        if position > 0 && digits_left.is_multiple_of(GROUP_DIGITS) {
            text.push('.');
        }
        text.push(digit);
    }
    if !sen.is_empty() {
        text.push(',');
        text.push_str(sen);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(amount: &str, want: &str) {
        assert_eq!(rupiah(&Money::parse(amount).unwrap()), want);
    }

    #[test]
    fn thousands_are_set_apart_by_points() {
        check("0", "Rp 0");
        check("999", "Rp 999");
        check("1500", "Rp 1.500");
        check("33000.00", "Rp 33.000");
        check("150000", "Rp 150.000");
        check("10000000", "Rp 10.000.000");
    }

    #[test]
    fn sen_follow_a_comma() {
        check("33000.5", "Rp 33.000,50");
        check("9999999999999999.99", "Rp 9.999.999.999.999.999,99");
    }
}
