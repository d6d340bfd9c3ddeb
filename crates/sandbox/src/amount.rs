//! Exact amounts, read from and written to JSON numbers without a binary float in between.

use std::fmt;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Digits, sign and point of the longest amount read: far above any limit of a payment method, far below a memory bomb.
const AMOUNT_CHARS_MAX: usize = 24;

/// An amount of money in major units, exact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(BigDecimal);

/// What could not be read as an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not read an amount from {0:?}")]
pub(crate) struct AmountError(String);

impl Amount {
    pub(crate) fn rupiah(whole: u64) -> Self {
        Self(BigDecimal::from(whole))
    }

    /// Reads plain decimal notation: digits, at most one point, an optional minus; no exponent.
    pub(crate) fn parse(text: &str) -> Result<Self, AmountError> {
        let refused = || AmountError(text.chars().take(AMOUNT_CHARS_MAX).collect());
        let plain = text.len() <= AMOUNT_CHARS_MAX
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
        if !plain {
            return Err(refused());
        }
        BigDecimal::from_str(text).map(|decimal| Self(decimal.normalized())).map_err(|_unreadable| refused())
    }

    pub(crate) fn is_positive(&self) -> bool {
        self.0 > BigDecimal::default()
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_integer()
    }

    /// One rupiah more: the smallest lie an amount check has to catch.
    pub(crate) fn one_more(&self) -> Self {
        Self(&self.0 + BigDecimal::from(1_u8))
    }

    /// The part of this amount that a fee of `permille` thousandths takes, in whole units, rounded down.
    pub(crate) fn permille(&self, permille: u32) -> Self {
        let share = &self.0 * BigDecimal::from(permille) / BigDecimal::from(1_000_u32);
        Self(share.with_scale_round(0, bigdecimal::RoundingMode::Down))
    }

    /// This many times `whole`, the fraction cut off; none where that is no number of 64 bits.
    pub(crate) fn times_whole(&self, whole: u64) -> Option<u64> {
        use bigdecimal::ToPrimitive as _;
        (&self.0 * BigDecimal::from(whole)).with_scale_round(0, bigdecimal::RoundingMode::Down).to_u64()
    }

    pub(crate) fn times(&self, count: u32) -> Self {
        Self(&self.0 * BigDecimal::from(count))
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }

    pub(crate) fn less(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A raw value is the one way to hand serde_json a number that is not first made a float.
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, shown: Option<&str>) {
        let read: Result<Amount, _> = serde_json::from_str(json);
        let again = read.ok().map(|a| serde_json::to_string(&a).unwrap());
        assert_eq!(again.as_deref(), shown, "from {json}");
    }

    #[test]
    fn amounts_keep_every_digit() {
        check("33000", Some("33000"));
        check("15000.0", Some("15000"));
        check("1999.01", Some("1999.01"));
        check("100", Some("100"));
        check("9007199254740993.01", Some("9007199254740993.01"));
        check("-1", Some("-1"));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        check("1e1000000", None);
        check("\"33000\"", None);
        check("null", None);
        check("1234567890123456789012345", None);
    }

    #[test]
    fn a_fee_is_rounded_down_to_whole_units() {
        assert_eq!(Amount::rupiah(33_333).permille(7).to_string(), "233", "0.7 % of 33,333");
    }
}
