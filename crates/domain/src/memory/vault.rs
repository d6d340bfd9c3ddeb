//! A vault that keeps what it is given and hands out numbers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::lock;
use crate::account::SharedSecret;
use crate::ids::KeyId;
use crate::ports::{SecretPlace, Vault, VaultError};

/// Secrets under numbers that tell nothing; the key it seals under can be changed.
#[derive(Debug, Default)]
pub struct MemoryVault {
    key: Mutex<Option<KeyId>>,
    kept: Mutex<BTreeMap<Vec<u8>, (KeyId, SecretPlace, SharedSecret)>>,
}

impl MemoryVault {
    /// A vault that seals under a key of that name.
    #[must_use]
    pub fn under(key: KeyId) -> Self {
        Self { key: Mutex::new(Some(key)), kept: Mutex::default() }
    }

    /// Seals under another key from now on; what was sealed before still opens.
    pub fn change_key(&self, key: KeyId) {
        *lock(&self.key) = Some(key);
    }
}

impl Vault for MemoryVault {
    fn key(&self) -> Result<KeyId, VaultError> {
        lock(&self.key).clone().ok_or(VaultError::NoKey)
    }

    fn seal(&self, place: &SecretPlace, secret: &SharedSecret) -> Result<Vec<u8>, VaultError> {
        let key = self.key()?;
        let mut kept = lock(&self.kept);
        let number = kept.len().to_be_bytes().to_vec();
        kept.insert(number.clone(), (key, place.clone(), secret.clone()));
        Ok(number)
    }

    fn open(&self, place: &SecretPlace, key: &KeyId, sealed: &[u8]) -> Result<SharedSecret, VaultError> {
        let kept = lock(&self.kept);
        let fits = |(under, of, _): &&(KeyId, SecretPlace, SharedSecret)| under == key && of == place;
        kept.get(sealed).filter(fits).map(|(_, _, secret)| secret.clone()).ok_or(VaultError::Broken)
    }
}
