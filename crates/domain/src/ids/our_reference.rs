//! The reference under which a provider knows a charge of ours.

use std::fmt;

use super::{ChargeId, IdError, OrderCode};

/// Characters of the order code that are kept, so that staff can search a provider's dashboard by it.
const ORDER_CODE_CHARS_MAX: usize = 40;
/// Base-32 digits of the charge id's random bits: 45 bits.
const RANDOM_DIGITS: u32 = 9;
const BITS_PER_DIGIT: u32 = 5;
const ALPHABET: [char; 32] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
];

/// Our name for a charge at a provider: at most 50 characters of `[A-Za-z0-9._~-]`, unique per
/// provider and account, never parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OurReference(String);

impl OurReference {
    /// The longest there is, in bytes: Midtrans' limit for `order_id`.
    pub const BYTES_MAX: usize = 50;

    /// The reference of a charge: the start of the order code, `~`, and the last 45 bits of the
    /// charge id, which are random in a `UUIDv7`.
    #[must_use]
    pub fn of(order_code: &OrderCode, charge: &ChargeId) -> Self {
        let mut text: String = order_code.as_str().chars().take(ORDER_CODE_CHARS_MAX).collect();
        text.push('~');
        let bits = charge.uuid().as_u128();
        for digit in (0..RANDOM_DIGITS).rev() {
            let index = (bits >> (digit * BITS_PER_DIGIT)) % 32;
            text.extend(usize::try_from(index).ok().and_then(|index| ALPHABET.get(index)));
        }
        Self(text)
    }

    /// Whether a text ends as our references do. Others may take money on the same account, under names of their own.
    #[must_use]
    pub fn resembles(text: &str) -> bool {
        let is_random = |end: &str| {
            u32::try_from(end.chars().count()) == Ok(RANDOM_DIGITS)
                && end.chars().all(|digit| ALPHABET.contains(&digit))
        };
        text.rsplit_once('~').is_some_and(|(_, end)| is_random(end))
    }

    /// Takes a reference back from a store or a provider.
    ///
    /// # Errors
    /// [`IdError`] if it cannot be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
        OrderCode::parse(text).map(|code| Self(code.as_str().to_owned()))
    }

    /// The text as providers see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OurReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[track_caller]
    fn check(order: &str, charge: u128, want: &str) {
        let reference = OurReference::of(&OrderCode::parse(order).unwrap(), &ChargeId::new(Uuid::from_u128(charge)));
        assert_eq!(reference.as_str(), want);
        assert_eq!(OurReference::parse(want), Ok(reference));
        assert!(OurReference::resembles(want));
    }

    #[test]
    fn names_that_others_give_do_not_resemble_it() {
        for name in ["", "TRX-1", "TRX-1~", "TRX-1~aaaaaaaa", "TRX-1~aaaaaaaaaa", "TRX-1~aaaaaaaa1", "TRX-1~Aaaaaaaaa"]
        {
            assert!(!OurReference::resembles(name), "{name}");
        }
    }

    #[test]
    fn it_starts_with_the_order_code_and_ends_with_the_random_bits() {
        check("TRX-1", 0, "TRX-1~aaaaaaaaa");
        check("TRX-1", (1 << 45) - 1, "TRX-1~777777777");
        check("TRX-1", 1 << 45, "TRX-1~aaaaaaaaa");
        check("TRX-1", 33, "TRX-1~aaaaaaabb");
    }

    #[test]
    fn the_longest_order_code_still_gives_fifty_characters() {
        check(&"x".repeat(50), 0, &format!("{}~aaaaaaaaa", "x".repeat(40)));
    }
}
