use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// A limit that is neither `off` nor a positive whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a limit is `off` or a positive whole number per minute")]
pub struct NotALimit;

/// How many a minute; `off`: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMinute(pub Option<NonZeroU32>);

impl FromStr for PerMinute {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        text.parse().map(|limit| Self(Some(limit))).map_err(|_not_a_number: std::num::ParseIntError| NotALimit)
    }
}

impl fmt::Display for PerMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => write!(f, "{limit}"),
            None => f.write_str("off"),
        }
    }
}

/// A time that is neither `off` nor a positive whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is `off` or a positive whole number of days")]
pub struct NotDays;

/// For how many days; `off`: for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub Option<NonZeroU32>);

impl FromStr for Days {
    type Err = NotDays;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let PerMinute(number) = text.parse().map_err(|_not_a_number: NotALimit| NotDays)?;
        Ok(Self(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_off_or_a_positive_number() {
        assert_eq!("off".parse(), Ok(PerMinute(None)));
        assert_eq!("600".parse(), Ok(PerMinute(NonZeroU32::new(600))));
        for text in ["", "0", "-1", "1.5", "OFF"] {
            assert_eq!(text.parse::<PerMinute>(), Err(NotALimit), "{text:?}");
        }
    }
}
