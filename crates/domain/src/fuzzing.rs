//! What fuzzers try here (`fuzz/`), and what must hold of it: a broken promise is a panic. In no build that ships.

use std::fmt;
use std::str::{self, FromStr};

use crate::charge::FailureReason;
use crate::ids::{
    AccountId, BranchId, ChargeId, DeviceId, EndpointUrl, IdError, IdempotencyKey, MerchantId, OrderCode, OurReference,
    PaymentId, ProviderRef, UserId,
};
use crate::method::Method;
use crate::money::{Money, MoneyError};
use crate::offline::OfflineReference;
use crate::qr::{PaymentQr, QrError, crc16_ccitt_false};
use crate::time::Timestamp;

/// Digits of hundredths that `NUMERIC(18,2)` holds.
const HUNDREDTHS_DIGITS_MAX: usize = 18;

/// An amount, or two in lines of their own: what is taken is exactly what the digits say, and nothing else is taken.
pub fn amount(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, "0"));
    let amounts = (amount_of(one), amount_of(other));
    if let (Some(one), Some(other)) = amounts {
        adds_up(&one, &other);
    }
}

fn amount_of(text: &str) -> Option<Money> {
    let read = Money::parse(text);
    assert_eq!(read.as_ref().ok().map(Money::minor_units), hundredths(text), "{text:?}");
    match read {
        Ok(money) => {
            assert_eq!(Money::parse(&money.to_string()).as_ref(), Ok(&money), "{text:?}");
            assert_eq!(Money::from_minor_units(money.minor_units()).as_ref(), Ok(&money), "{text:?}");
            let can_be_charged = money.minor_units() > 0 && money.minor_units() % 100 == 0;
            let wanted = if money.is_zero() { MoneyError::Zero } else { MoneyError::NotWhole };
            let payable = if can_be_charged { Ok(money.clone()) } else { Err(wanted) };
            assert_eq!(money.clone().payable(), payable, "{text:?}");
            Some(money)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{text:?}");
            None
        }
    }
}

/// Sums and differences are those of whole hundredths.
fn adds_up(one: &Money, other: &Money) {
    let most = 10_i64.pow(18) - 1;
    let (left, right) = (one.minor_units(), other.minor_units());
    let (sum, difference) = (left + right, left - right);
    assert_eq!(one.checked_add(other).map(|sum| sum.minor_units()), Some(sum).filter(|sum| *sum <= most));
    assert_eq!(one.checked_sub(other).map(|rest| rest.minor_units()), Some(difference).filter(|rest| *rest >= 0));
    assert_eq!(Money::sum([one, other]).minor_units(), sum.min(most));
    assert_eq!(one.cmp(other), left.cmp(&right));
}

/// The hundredths that a text means, by moving its point and without a decimal library; `None` if it is no amount.
fn hundredths(text: &str) -> Option<i64> {
    const TEXT_BYTES_MAX: usize = 40;
    const EXPONENT_MAX: i64 = 20;
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if text.len() > TEXT_BYTES_MAX || !is_number(whole) || !is_number(fraction) || !is_number(unsigned) {
        return None;
    }
    let exponent = exponent.parse::<i64>().ok().filter(|exponent| exponent.abs() <= EXPONENT_MAX)?;
    let point = i64::try_from(whole.len()).ok()? + exponent + 2;
    let digits: String = std::iter::repeat_n('0', usize::try_from(-point).unwrap_or(0))
        .chain(whole.chars().chain(fraction.chars()))
        .collect();
    let (kept, finer) = digits.split_at_checked(usize::try_from(point).unwrap_or(0)).unwrap_or((digits.as_str(), ""));
    if finer.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let missing = usize::try_from(point).unwrap_or(0).saturating_sub(digits.len());
    let all: String = kept.chars().chain(std::iter::repeat_n('0', missing)).skip_while(|digit| *digit == '0').collect();
    if all.len() > HUNDREDTHS_DIGITS_MAX { None } else { format!("0{all}").parse().ok() }
}

/// A name from a path, a header or a body: what is taken is what was sent, and can stand in a path, a header and a log.
///
/// # Panics
/// Where that does not hold.
pub fn name(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    named::<MerchantId>(text, MerchantId::BYTES_MAX);
    named::<BranchId>(text, BranchId::BYTES_MAX);
    named::<UserId>(text, UserId::BYTES_MAX);
    named::<DeviceId>(text, DeviceId::BYTES_MAX);
    named::<IdempotencyKey>(text, IdempotencyKey::BYTES_MAX);
    named::<AccountId>(text, AccountId::BYTES_MAX);
    named::<ProviderRef>(text, ProviderRef::BYTES_MAX);
    named::<EndpointUrl>(text, EndpointUrl::BYTES_MAX);
    named::<OfflineReference>(text, OfflineReference::BYTES_MAX);
    if let Some(code) = named::<OrderCode>(text, OrderCode::BYTES_MAX) {
        order_code(&code);
    }
    for (is_one, prefix) in
        [(reads_back::<PaymentId>(text), PaymentId::PREFIX), (reads_back::<ChargeId>(text), ChargeId::PREFIX)]
    {
        assert!(!is_one || text.len() == prefix.len() + 32 && text.starts_with(prefix), "{text:?}");
    }
    reads_back::<Method>(text);
    if let Some(time) = Timestamp::parse_rfc3339(text) {
        assert_eq!(Timestamp::parse_rfc3339(&time.to_string()), Some(time), "{text:?}");
    }
    let reason = FailureReason::from_code(text);
    assert!((1..=64).contains(&reason.code().len()), "{text:?}");
    assert!(reason.code().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{text:?}");
}

fn named<T: FromStr<Err = IdError> + fmt::Display>(text: &str, bytes_max: usize) -> Option<T> {
    match text.parse::<T>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text);
            assert!((1..=bytes_max).contains(&text.len()), "{text:?}");
            assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text:?}");
            Some(name)
        }
        Err(error) => {
            // Hostile text is not said again.
            let said = error.to_string();
            assert!(!said.is_empty() && said.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{said:?}");
            None
        }
    }
}

/// A code in a path is one segment of it, and the reference made of it fits where Midtrans has least room.
fn order_code(code: &OrderCode) {
    let text = code.as_str();
    assert!(!text.contains(['/', '\\', '%', '?', '#', ' ']) && text != "." && text != "..", "{text:?}");
    let charge = ChargeId::new(uuid::Uuid::from_u128(u128::MAX / 3));
    let reference = OurReference::of(code, &charge);
    assert!(reference.as_str().len() <= OurReference::BYTES_MAX && OurReference::resembles(reference.as_str()));
    assert_eq!(OurReference::parse(reference.as_str()), Ok(reference));
}

fn reads_back<T: FromStr + fmt::Display>(text: &str) -> bool {
    let read = text.parse::<T>().ok();
    assert!(read.as_ref().is_none_or(|it| it.to_string() == text), "{text:?}");
    read.is_some()
}

/// The text of a QR code, as it is and with its checksum put right: none is taken with a letter changed.
pub fn qr(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    told_by(text);
    let body = format!("{text}6304");
    told_by(&format!("{body}{:04X}", crc16_ccitt_false(body.as_bytes())));
}

fn told_by(text: &str) {
    let Ok(PaymentQr { amount, nmids }) = PaymentQr::parse(text) else { return };
    assert!(text.contains("5303360"), "{text:?}");
    assert!(amount.is_none_or(|amount| amount.minor_units() >= 0), "{text:?}");
    assert!(nmids.iter().all(|nmid| text.contains(nmid.as_str())), "{text:?}");
    let middle = text.chars().count() / 2;
    // A letter of one byte for another: what any such checksum finds.
    let other = |letter: char| match letter {
        '1' => '2',
        letter if letter.is_ascii() => '1',
        letter => letter,
    };
    let changed: String =
        text.chars().enumerate().map(|(nth, letter)| if nth == middle { other(letter) } else { letter }).collect();
    if changed == text {
        return;
    }
    assert_eq!(PaymentQr::parse(&changed), Err(QrError::Checksum), "{text:?}");
}

#[cfg(test)]
mod tests {
    use mstore_pay_fuzz_seeds::replay;

    #[test]
    fn amounts_are_what_their_digits_say() {
        replay("amount", super::amount);
    }

    #[test]
    fn names_are_taken_as_sent_or_not_at_all() {
        replay("name", super::name);
    }

    #[test]
    fn no_qr_code_is_taken_with_a_letter_changed() {
        replay("qr", super::qr);
    }
}
