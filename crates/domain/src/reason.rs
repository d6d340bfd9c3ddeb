//! What a person says when they decide about money: what became of it in a word, and why.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Why somebody did something, as it is put on record: one line, not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// A text that is no reason. It is not repeated: it may be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a line of {max} characters at the most", max = Reason::CHARS_MAX)]
pub struct NotAReason;

/// What became of money, in a word of the shop's own: `accept`, `refund`, `ignore`, ...
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionWord(String);

/// A text that is no such word. It is not repeated: it may be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a word of a to z and _, {max} letters at the most", max = ResolutionWord::BYTES_MAX)]
pub struct NotAResolution;

impl Reason {
    /// The longest one.
    pub const CHARS_MAX: usize = 500;

    /// Takes the text if it is one.
    ///
    /// # Errors
    /// [`NotAReason`] for a blank one, one that is too long, or one with control characters (line breaks are some).
    pub fn parse(text: impl Into<String>) -> Result<Self, NotAReason> {
        let text = text.into();
        let is_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if is_line && text.chars().count() <= Self::CHARS_MAX { Ok(Self(text)) } else { Err(NotAReason) }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ResolutionWord {
    /// The longest one.
    pub const BYTES_MAX: usize = 32;

    /// Takes the text if it is one.
    ///
    /// # Errors
    /// [`NotAResolution`] for an empty one, one that is too long, or one with anything but a to z and `_`.
    pub fn parse(text: impl Into<String>) -> Result<Self, NotAResolution> {
        let text = text.into();
        let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_word && (1..=Self::BYTES_MAX).contains(&text.len()) { Ok(Self(text)) } else { Err(NotAResolution) }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl FromStr for ResolutionWord {
    type Err = NotAResolution;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ResolutionWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_says_something() {
        let longest = "é".repeat(Reason::CHARS_MAX);
        for text in ["asked the cashier", " sudah dikembalikan ", &longest] {
            assert_eq!(Reason::parse(text).unwrap().as_str(), text);
        }
        for text in ["", " \u{a0}", "two\nlines", "a\u{1b}[31m", &format!("{longest}e")] {
            assert_eq!(Reason::parse(text), Err(NotAReason), "{text:?}");
        }
    }

    #[test]
    fn an_outcome_is_a_word() {
        let longest = "a".repeat(ResolutionWord::BYTES_MAX);
        for text in ["refund", "accept_as_tip", &longest] {
            assert_eq!(ResolutionWord::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "Refund", "two words", "refund!", "kembalí", &format!("{longest}a")] {
            assert_eq!(ResolutionWord::parse(text), Err(NotAResolution), "{text:?}");
        }
    }
}
