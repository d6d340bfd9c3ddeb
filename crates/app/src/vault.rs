//! Secrets at rest: AES-256-GCM under `ACCOUNT_KEY`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::ids::KeyId;
use mstore_pay_domain::ports::{SecretOwner, SecretPlace, Vault, VaultError};

use crate::config::{AccountKey, AccountKeys};

/// What is sealed says by which rules.
const RULES: &str = "mstore-pay account secret, 1";
/// The same of an endpoint's.
const RULES_OF_ENDPOINTS: &str = "mstore-pay endpoint secret, 1";

/// Seals under the key in force, and opens what it or the key before sealed.
#[derive(Debug, Clone, Default)]
pub(crate) struct AesVault {
    keys: Option<AccountKeys>,
}

impl AesVault {
    /// A vault with these keys; without any it seals and opens nothing.
    pub(crate) const fn new(keys: Option<AccountKeys>) -> Self {
        Self { keys }
    }

    fn current(&self) -> Result<&AccountKey, VaultError> {
        self.keys.as_ref().map(|keys| &keys.current).ok_or(VaultError::NoKey)
    }

    fn named(&self, id: &KeyId) -> Result<&AccountKey, VaultError> {
        let keys = self.keys.as_ref().ok_or(VaultError::NoKey)?;
        let known = std::iter::once(&keys.current).chain(&keys.previous).find(|key| key.id() == id);
        known.ok_or_else(|| VaultError::UnknownKey(id.clone()))
    }
}

impl Vault for AesVault {
    fn key(&self) -> Result<KeyId, VaultError> {
        self.current().map(|key| key.id().clone())
    }

    /// The nonce, random for each sealing, stands first; the tag last.
    fn seal(&self, place: &SecretPlace, secret: &SharedSecret) -> Result<Vec<u8>, VaultError> {
        let mut text = secret.expose().as_bytes().to_vec();
        let nonce = cipher(self.current()?)?
            .seal_in_place_append_tag(bound_to(place), &mut text)
            .map_err(|_unspecified| VaultError::Broken)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    fn open(&self, place: &SecretPlace, key: &KeyId, sealed: &[u8]) -> Result<SharedSecret, VaultError> {
        let cipher = cipher(self.named(key)?)?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::Broken)?;
        let mut text = text.to_vec();
        let opened = cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound_to(place), &mut text)
            .map_err(|_unspecified| VaultError::Broken)?;
        let opened = str::from_utf8(opened).map_err(|_not_text| VaultError::Broken)?;
        SharedSecret::new(opened).ok_or(VaultError::Broken)
    }
}

fn cipher(key: &AccountKey) -> Result<RandomizedNonceKey, VaultError> {
    RandomizedNonceKey::new(&AES_256_GCM, key.expose()).map_err(|_unspecified| VaultError::Broken)
}

/// What is sealed for one cell opens in no other: each part with its length before it, so that none can borrow of the
/// next.
fn bound_to(place: &SecretPlace) -> Aad<Vec<u8>> {
    let prefixed = |part: &str| {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        [length.to_be_bytes().as_slice(), part.as_bytes()].concat()
    };
    let (merchant, kind) = (place.merchant.as_str(), place.kind.word());
    Aad::from(match &place.owner {
        SecretOwner::Account { provider, account } => {
            [RULES, merchant, provider.as_str(), account.as_str(), kind].map(prefixed).concat()
        }
        SecretOwner::Endpoint(id) => [RULES_OF_ENDPOINTS, merchant, &id.to_string(), kind].map(prefixed).concat(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mstore_pay_domain::ids::{AccountId, MerchantId, ProviderId};
    use mstore_pay_domain::ports::SecretKind;

    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTHER_KEY: &str = "/////////////////////////////////////////w8=";

    fn key(text: &str) -> AccountKey {
        AccountKey::parse(text).unwrap()
    }

    fn vault(current: &str, previous: Option<&str>) -> AesVault {
        AesVault::new(Some(AccountKeys { current: key(current), previous: previous.map(key) }))
    }

    struct Names(MerchantId, ProviderId, AccountId);

    impl Names {
        fn of(merchant: &str, provider: &str, account: &str) -> Self {
            let (merchant, provider) = (MerchantId::parse(merchant).unwrap(), ProviderId::parse(provider).unwrap());
            Self(merchant, provider, AccountId::parse(account).unwrap())
        }

        fn place(&self, kind: SecretKind) -> SecretPlace {
            let owner = SecretOwner::Account { provider: self.1.clone(), account: self.2.clone() };
            SecretPlace { merchant: self.0.clone(), owner, kind }
        }
    }

    fn secret() -> SharedSecret {
        SharedSecret::new("xnd_development_own").unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let (vault, names) = (vault(KEY, None), Names::of("M1", "xendit", "a"));
        let place = names.place(SecretKind::Credential);
        let sealed = vault.seal(&place, &secret()).unwrap();
        let key = vault.key().unwrap();
        assert_eq!(vault.open(&place, &key, &sealed).unwrap().expose(), secret().expose());
        for (others, kind) in [
            (Names::of("M2", "xendit", "a"), SecretKind::Credential),
            (Names::of("M1", "midtrans", "a"), SecretKind::Credential),
            (Names::of("M1", "xendit", "b"), SecretKind::Credential),
            (Names::of("M1", "xendit", "a"), SecretKind::WebhookSecret),
            (Names::of("M1x", "endit", "a"), SecretKind::Credential),
        ] {
            let opened = vault.open(&others.place(kind), &key, &sealed);
            assert_eq!(opened.err(), Some(VaultError::Broken), "{kind:?}");
        }
    }

    #[test]
    fn no_byte_can_be_changed_cut_or_added() {
        let (vault, names) = (vault(KEY, None), Names::of("M1", "xendit", "a"));
        let place = names.place(SecretKind::Credential);
        let (key, sealed) = (vault.key().unwrap(), vault.seal(&place, &secret()).unwrap());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(vault.open(&place, &key, &changed).err(), Some(VaultError::Broken), "byte {index}");
            assert_eq!(vault.open(&place, &key, &sealed[..index]).err(), Some(VaultError::Broken), "{index} bytes");
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert_eq!(vault.open(&place, &key, &longer).err(), Some(VaultError::Broken));
    }

    #[test]
    fn a_secret_never_looks_the_same_twice_and_never_like_itself() {
        let (vault, names) = (vault(KEY, None), Names::of("M1", "xendit", "a"));
        let sealed: BTreeSet<Vec<u8>> =
            (0..100).map(|_| vault.seal(&names.place(SecretKind::Credential), &secret()).unwrap()).collect();
        assert_eq!(sealed.len(), 100);
        let is_shown = |sealed: &Vec<u8>| sealed.windows(4).any(|part| part == &secret().expose().as_bytes()[..4]);
        assert!(!sealed.iter().any(is_shown));
        assert!(!format!("{vault:?}").contains(KEY));
    }

    #[test]
    fn the_key_before_opens_and_seals_no_more() {
        let names = Names::of("M1", "xendit", "a");
        let place = names.place(SecretKind::Credential);
        let (before, after) = (vault(KEY, None), vault(OTHER_KEY, Some(KEY)));
        let (old_key, sealed) = (before.key().unwrap(), before.seal(&place, &secret()).unwrap());
        assert!(after.open(&place, &old_key, &sealed).is_ok());
        assert_ne!(after.key().unwrap(), old_key);
        let sealed_anew = after.seal(&place, &secret()).unwrap();
        let unknown = before.open(&place, &after.key().unwrap(), &sealed_anew);
        assert_eq!(unknown.err(), Some(VaultError::UnknownKey(after.key().unwrap())));
        let none = AesVault::default();
        assert_eq!(none.open(&place, &old_key, &sealed).err(), Some(VaultError::NoKey));
        assert_eq!(none.seal(&place, &secret()).err(), Some(VaultError::NoKey));
    }
}
