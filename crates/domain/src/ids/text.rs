//! Names given by others: opaque text of a known alphabet and length.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::TenderId;

/// Why a text is no such name. The text itself is not repeated: it may be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing there.
    #[error("{what} is empty")]
    Empty {
        /// Which name.
        what: &'static str,
    },
    /// Longer than any legal one.
    #[error("{what} is longer than {limit_bytes} bytes")]
    TooLong {
        /// Which name.
        what: &'static str,
        /// The longest that is legal.
        limit_bytes: usize,
    },
    /// A character that does not belong.
    #[error("{what} has a character that is not allowed")]
    Alphabet {
        /// Which name.
        what: &'static str,
    },
}

const fn visible_ascii(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-')
}

const fn printable(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal, $allowed:expr) => {
        text_id!($(#[$doc])* $name, $what, $limit, $allowed, |_: &str| true);
    };
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal, $allowed:expr, $whole:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The longest legal one, in bytes.
            pub const BYTES_MAX: usize = $limit;

            /// Takes the text if it is one.
            ///
            /// # Errors
            /// [`IdError`] saying which rule it breaks.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                if text.is_empty() {
                    Err(IdError::Empty { what: $what })
                } else if text.len() > Self::BYTES_MAX {
                    Err(IdError::TooLong { what: $what, limit_bytes: Self::BYTES_MAX })
                } else if text.bytes().all($allowed) && $whole(&text) {
                    Ok(Self(text))
                } else {
                    Err(IdError::Alphabet { what: $what })
                }
            }

            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// The shop's company: the tenant. Everything is read and written within one.
    MerchantId, "merchant id", 64, visible_ascii
);
text_id!(
    /// One branch of a merchant.
    BranchId, "branch id", 64, visible_ascii
);
text_id!(
    /// Who acted, as the token names them.
    UserId, "user id", 128, printable
);
text_id!(
    /// One till.
    DeviceId, "device id", 64, visible_ascii
);
text_id!(
    /// The POS order a payment pays. Opaque: never split, never guessed from.
    /// Alphabet and length are those of Midtrans' `order_id`, the stricter of the two providers; a
    /// code without any letter or digit (`..`, `-`) is none, since it could mean something in a path.
    OrderCode, "order code", 50, word, |text: &str| text.bytes().any(|b| b.is_ascii_alphanumeric())
);
text_id!(
    /// What a client sends to make a retry harmless.
    IdempotencyKey, "idempotency key", 255, visible_ascii
);
text_id!(
    /// A payment provider: `xendit`, `midtrans`, or one that others add.
    ProviderId, "provider id", 32, word
);
text_id!(
    /// An account at a provider: `main` is the environment's.
    AccountId, "account id", 64, word
);
text_id!(
    /// An id that a provider gave to something of its own.
    ProviderRef, "provider reference", 128, visible_ascii
);
text_id!(
    /// The name of a key that secrets are sealed under; it tells nothing of the key.
    KeyId, "key id", 64, word
);
text_id!(
    /// The address of an endpoint, as its owner wrote it.
    EndpointUrl, "endpoint address", 2048, visible_ascii
);

impl ProviderRef {
    /// What stands for a provider's receipt where the money is cash.
    #[must_use]
    pub fn of_cash(tender: &TenderId) -> Self {
        Self(tender.to_string())
    }
}

impl AccountId {
    /// The account whose keys come from the environment.
    #[must_use]
    pub fn main() -> Self {
        Self("main".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_code_is_opaque_text_of_the_strict_alphabet() {
        assert!(OrderCode::parse("TRX-MC01.a_b~c").is_ok());
        assert!(OrderCode::parse("A".repeat(50)).is_ok());
        assert_eq!(OrderCode::parse("A".repeat(51)), Err(IdError::TooLong { what: "order code", limit_bytes: 50 }));
        assert_eq!(OrderCode::parse(""), Err(IdError::Empty { what: "order code" }));
        for text in ["a b", "a/b", "a\0", "é", "a\nb", "a'b", "{{7*7}}", "..", ".", "-"] {
            assert_eq!(OrderCode::parse(text), Err(IdError::Alphabet { what: "order code" }), "{text:?}");
        }
    }
}
