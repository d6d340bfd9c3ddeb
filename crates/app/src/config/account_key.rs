//! The keys that secrets of accounts are sealed with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use mstore_pay_domain::ids::KeyId;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

/// Of AES-256.
const KEY_BYTES: usize = 32;
/// Enough to tell keys apart.
const ID_BYTES: usize = 8;
/// What the name of a key is a digest of, before the key.
const ID_LABEL: &[u8] = b"mstore-pay account key";

/// One key. `Debug` shows its name only.
#[derive(Clone)]
pub struct AccountKey {
    id: KeyId,
    bytes: SecretSlice<u8>,
}

/// The key in force, and the one before while secrets are sealed anew.
#[derive(Debug, Clone)]
pub struct AccountKeys {
    /// Seals and opens.
    pub current: AccountKey,
    /// Only opens.
    pub previous: Option<AccountKey>,
}

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 32 bytes in base64 (`openssl rand -base64 32` makes some)")]
pub struct NotAKey;

impl AccountKey {
    /// Takes 32 bytes in base64.
    ///
    /// # Errors
    /// [`NotAKey`]
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_no_base64| NotAKey)?;
        if bytes.len() != KEY_BYTES {
            return Err(NotAKey);
        }
        let digest = Sha256::new().chain_update(ID_LABEL).chain_update(&bytes).finalize();
        let (named, _rest) = digest.split_at(ID_BYTES);
        let id = KeyId::parse(HEXLOWER.encode(named)).map_err(|_no_name| NotAKey)?;
        Ok(Self { id, bytes: bytes.into() })
    }

    /// Its name, which tells nothing of it.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Shows it to the cipher.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.expose_secret()
    }
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_thirty_two_bytes_in_base64() {
        let text = STANDARD.encode([7_u8; KEY_BYTES]);
        let key = AccountKey::parse(&format!("{text}\n")).unwrap();
        assert_eq!(key.expose(), [7; KEY_BYTES]);
        assert!(!format!("{key:?}").contains(&text));
        for wrong in
            ["", "secret", &STANDARD.encode([7_u8; 16]), &STANDARD.encode([7_u8; 33]), text.trim_end_matches('=')]
        {
            assert_eq!(AccountKey::parse(wrong).err(), Some(NotAKey), "{wrong:?}");
        }
    }
}
