//! Secrets from flags, the environment or files.

use std::convert::Infallible;
use std::path::Path;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// A secret as it was given. `Debug` shows nothing.
#[derive(Debug, Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// Shows it to whoever must use it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl FromStr for SecretText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text.to_owned()))
    }
}

/// The secret itself, or what its file holds but for the line end; both at once is refused, because
/// nobody could tell which is in force. `Ok(None)` where neither is given, or only blanks.
pub(super) fn one_of(
    name: &'static str,
    given: Option<&SecretText>,
    file: Option<&Path>,
) -> Result<Option<SecretText>, String> {
    let text = match (given, file) {
        (Some(_), Some(_)) => return Err(format!("{name} and {name}_FILE are both set")),
        (Some(given), None) => given.expose().to_owned(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| format!("{name}_FILE cannot be read: {}", error.kind()))?
            .trim_end_matches(['\r', '\n'])
            .to_owned(),
        (None, None) => return Ok(None),
    };
    Ok((!text.trim().is_empty()).then(|| SecretText(SecretString::from(text))))
}
