//! Money: exact decimals, never a binary float.

use std::fmt;
use std::str::FromStr;

use bigdecimal::num_bigint::Sign;
use bigdecimal::{BigDecimal, ToPrimitive, Zero};
use thiserror::Error;

/// Digits after the decimal point that a store keeps: `NUMERIC(18,2)`.
const SCALE_DIGITS: i64 = 2;
/// Largest amount of `NUMERIC(18,2)`, in hundredths of a rupiah.
const MINOR_UNITS_MAX: i64 = 999_999_999_999_999_999;
/// Longest text that is looked at; the largest legal amount needs 19 characters.
const TEXT_BYTES_MAX: usize = 40;
/// Largest exponent, either way, that is expanded; beyond it the text is no amount of money.
const EXPONENT_MAX: i32 = 20;

/// An amount of money in rupiah, from zero to what `NUMERIC(18,2)` holds, exact to the hundredth.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(BigDecimal);

/// Why a text or number is no [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("amount is not a decimal number")]
    NotANumber,
    /// Below zero, minus zero included.
    #[error("amount is negative")]
    Negative,
    /// Finer than a hundredth of a rupiah.
    #[error("amount is finer than a hundredth")]
    TooFine,
    /// Beyond `NUMERIC(18,2)`.
    #[error("amount is larger than NUMERIC(18,2) holds")]
    TooLarge,
    /// Zero where something must be paid.
    #[error("amount is zero")]
    Zero,
    /// Sen where only whole rupiah can be charged.
    #[error("amount is not a whole number of rupiah")]
    NotWhole,
}

impl Money {
    /// Nothing.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigDecimal::zero().with_scale(SCALE_DIGITS))
    }

    /// Parses a decimal such as `33000`, `33000.00` or `3.3e4`, without passing through a float.
    ///
    /// # Errors
    /// [`MoneyError`] for anything that is not an exact, non-negative amount of `NUMERIC(18,2)`.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(MoneyError::TooLarge);
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotANumber);
        }
        if digits.len() != mantissa.len() {
            return Err(MoneyError::Negative);
        }
        if let (0, Some(minor_units)) = (exponent, plain_minor_units(whole, fraction)) {
            return Ok(Self(BigDecimal::new(minor_units.into(), SCALE_DIGITS)));
        }
        let decimal = BigDecimal::from_str(mantissa).map_err(|_not_a_number| MoneyError::NotANumber)?;
        let (unscaled, scale) = decimal.into_bigint_and_scale();
        Self::from_decimal(&BigDecimal::new(unscaled, scale - i64::from(exponent)))
    }

    /// Takes an exact decimal.
    ///
    /// # Errors
    /// [`MoneyError`] if it is negative, finer than a hundredth or too large.
    pub fn from_decimal(decimal: &BigDecimal) -> Result<Self, MoneyError> {
        if decimal.sign() == Sign::Minus {
            return Err(MoneyError::Negative);
        }
        let scaled = decimal.with_scale(SCALE_DIGITS);
        if &scaled != decimal {
            return Err(MoneyError::TooFine);
        }
        if scaled > BigDecimal::new(MINOR_UNITS_MAX.into(), SCALE_DIGITS) {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self(scaled))
    }

    /// The amount of so many hundredths of a rupiah, as an embedded store keeps it.
    ///
    /// # Errors
    /// [`MoneyError`] if it is negative or beyond `NUMERIC(18,2)`.
    pub fn from_minor_units(minor_units: i64) -> Result<Self, MoneyError> {
        match minor_units {
            ..0 => Err(MoneyError::Negative),
            0..=MINOR_UNITS_MAX => Ok(Self(BigDecimal::new(minor_units.into(), SCALE_DIGITS))),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// This amount in hundredths of a rupiah.
    #[must_use]
    pub fn minor_units(&self) -> i64 {
        let (unscaled, _) = self.0.with_scale(SCALE_DIGITS).into_bigint_and_scale();
        unscaled.to_i64().unwrap_or(MINOR_UNITS_MAX)
    }

    /// Whether nothing is owed.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether there are no sen.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_integer()
    }

    /// This amount if it can be charged: above zero and in whole rupiah (the providers refuse sen).
    ///
    /// # Errors
    /// [`MoneyError::Zero`] or [`MoneyError::NotWhole`].
    pub fn payable(self) -> Result<Self, MoneyError> {
        if self.is_zero() {
            Err(MoneyError::Zero)
        } else if self.is_whole() {
            Ok(self)
        } else {
            Err(MoneyError::NotWhole)
        }
    }

    /// The sum, or `None` beyond `NUMERIC(18,2)`.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Self::from_decimal(&(&self.0 + &other.0)).ok()
    }

    /// The difference, or `None` where `other` is larger.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        Self::from_decimal(&(&self.0 - &other.0)).ok()
    }

    /// Whole rupiah, as limits are written; the largest amount where it would not fit.
    #[must_use]
    pub fn of_rupiah(whole: u64) -> Self {
        Self::from_decimal(&BigDecimal::from(whole)).unwrap_or_else(|_too_large| Self::largest())
    }

    fn largest() -> Self {
        Self(BigDecimal::new(MINOR_UNITS_MAX.into(), SCALE_DIGITS))
    }

    /// The sum of many; stays at the largest amount where it would not fit.
    #[must_use]
    pub fn sum<'a>(amounts: impl IntoIterator<Item = &'a Self>) -> Self {
        amounts.into_iter().fold(Self::zero(), |sum, amount| sum.checked_add(amount).unwrap_or_else(Self::largest))
    }
}

/// The hundredths of an amount as nearly all are written, up to the largest that is kept; `None` for any other, legal or not.
fn plain_minor_units(whole: &str, fraction: &str) -> Option<i64> {
    let sen: i64 = match fraction.len() {
        1 => fraction.parse::<i64>().ok()?.checked_mul(10)?,
        2 => fraction.parse().ok()?,
        _ => return None,
    };
    let minor_units = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(sen)?;
    (minor_units <= MINOR_UNITS_MAX).then_some(minor_units)
}

fn parse_exponent(text: &str) -> Result<i32, MoneyError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let exponent: i32 = text.parse().map_err(|_too_many_digits| MoneyError::TooLarge)?;
    if exponent > EXPONENT_MAX {
        Err(MoneyError::TooLarge)
    } else if exponent < -EXPONENT_MAX {
        Err(MoneyError::TooFine)
    } else {
        Ok(exponent)
    }
}

/// Whole rupiah; every `u32` fits.
impl From<u32> for Money {
    fn from(rupiah: u32) -> Self {
        Self(BigDecimal::from(rupiah).with_scale(SCALE_DIGITS))
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// `33000` when whole, else with two digits: `33000.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = if self.is_whole() { 0 } else { SCALE_DIGITS };
        f.write_str(&self.0.with_scale(scale).to_plain_string())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rp {self}")
    }
}

/// The only currency that is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Currency {
    /// Indonesian rupiah.
    #[default]
    Idr,
}

impl Currency {
    /// The ISO 4217 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Idr => "IDR",
        }
    }
}

/// Money as a provider reports it: what was said, before it is compared with what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedMoney {
    /// How much.
    pub amount: Money,
    /// The ISO 4217 code as reported; anything but `IDR` never fits.
    pub currency: String,
}

impl ReportedMoney {
    /// So many rupiah.
    #[must_use]
    pub fn idr(amount: Money) -> Self {
        Self { amount, currency: Currency::Idr.code().to_owned() }
    }

    /// Whether this is exactly the amount that was asked for, in rupiah.
    #[must_use]
    pub fn fits(&self, asked: &Money) -> bool {
        self.currency == Currency::Idr.code() && &self.amount == asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, want: Result<&str, MoneyError>) {
        let got = Money::parse(text).map(|money| money.to_string());
        assert_eq!(got, want.map(ToOwned::to_owned), "{text}");
    }

    #[test]
    fn whole_rupiah_are_read_in_every_spelling() {
        for text in ["33000", "33000.0", "33000.00", "3.3e4", "330000e-1"] {
            check(text, Ok("33000"));
        }
    }

    #[test]
    fn what_is_no_exact_amount_is_refused_with_its_reason() {
        check("0.001", Err(MoneyError::TooFine));
        check("-1", Err(MoneyError::Negative));
        check("-0", Err(MoneyError::Negative));
        check("9999999999999999.99", Ok("9999999999999999.99"));
        check("10000000000000000", Err(MoneyError::TooLarge));
        check("1e1000000", Err(MoneyError::TooLarge));
        check("1e21", Err(MoneyError::TooLarge));
        for text in ["", " 1", "1 ", "1,000", "NaN", "inf", "0x10", "1_000", ".5", "5.", "1e", "e5", "1e+-5", "--1"] {
            check(text, Err(MoneyError::NotANumber));
        }
    }

    #[test]
    fn exponents_are_expanded_up_to_twenty_either_way() {
        check("0e20", Ok("0"));
        check("0e21", Err(MoneyError::TooLarge));
        check("0e-20", Ok("0"));
        check("100000000000000000000e-20", Ok("1"));
        check("0e-21", Err(MoneyError::TooFine));
        check("0e-22", Err(MoneyError::TooFine));
    }

    #[test]
    fn an_amount_names_its_currency() {
        assert_eq!(format!("{:?}", Money::from(33_000)), "Rp 33000");
        assert_eq!(Currency::Idr.code(), "IDR");
    }

    #[test]
    fn a_text_longer_than_any_amount_is_not_looked_at() {
        check(&"0".repeat(TEXT_BYTES_MAX), Ok("0"));
        check(&"0".repeat(TEXT_BYTES_MAX + 1), Err(MoneyError::TooLarge));
        check(&"0".repeat(TEXT_BYTES_MAX + 2), Err(MoneyError::TooLarge));
    }

    #[test]
    fn only_whole_rupiah_above_zero_can_be_charged() {
        assert_eq!(Money::zero().payable(), Err(MoneyError::Zero));
        assert_eq!(Money::parse("0.5").unwrap().payable(), Err(MoneyError::NotWhole));
        assert_eq!(Money::from(1).payable(), Ok(Money::from(1)));
    }

    #[test]
    fn sums_and_differences_are_exact_and_stay_within_what_is_kept() {
        let money = |text| Money::parse(text).unwrap();
        let (most, sen) = (money("9999999999999999.99"), money("0.01"));
        assert_eq!(money("33000.5").checked_add(&money("0.25")), Some(money("33000.75")));
        assert_eq!(money("33000").checked_sub(&money("0.25")), Some(money("32999.75")));
        assert_eq!(money("7").checked_sub(&money("7")), Some(Money::zero()));
        assert_eq!((most.checked_add(&sen), sen.checked_sub(&most)), (None, None));
        assert_eq!(Money::sum([&most, &sen]), most);
        assert_eq!(Money::sum([&sen, &sen, &money("2")]), money("2.02"));
    }

    #[test]
    fn reported_money_fits_only_in_amount_and_currency() {
        let asked = Money::from(33_000);
        assert!(ReportedMoney::idr(asked.clone()).fits(&asked));
        assert!(!ReportedMoney::idr(Money::from(32_999)).fits(&asked));
        assert!(!ReportedMoney { amount: asked.clone(), currency: "USD".to_owned() }.fits(&asked));
    }

    proptest! {
        #[test]
        fn text_and_minor_units_round_trip(minor in 0_i64..=MINOR_UNITS_MAX) {
            let money = Money::from_minor_units(minor).unwrap();
            prop_assert_eq!(money.minor_units(), minor);
            prop_assert_eq!(&Money::parse(&money.to_string()).unwrap(), &money);
            prop_assert_eq!(Money::parse(&format!("{minor}e-2")).unwrap(), money);
        }

        #[test]
        fn parsing_never_panics(text in ".{0,60}") {
            let _outcome = Money::parse(&text);
        }
    }
}
