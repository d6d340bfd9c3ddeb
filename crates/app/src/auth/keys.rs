//! Verifying tokens. The algorithm comes with the key, from the configuration; a token chooses among
//! configured keys by name and nothing else.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mstore_pay_domain::time::Timestamp;

use super::claims::Claims;
use super::known::KnownTokens;
use super::{Caller, Role};
use crate::config::{JwtAlgorithm, JwtKey, JwtSettings};

/// Longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// By how much clocks may differ, in seconds.
pub(super) const LEEWAY_SECONDS: u64 = 60;

/// A configured key that is none.
#[derive(Debug, thiserror::Error)]
#[error("JWT key {kid:?} cannot be used")]
pub(crate) struct KeyError {
    kid: String,
    #[source]
    source: jsonwebtoken::errors::Error,
}

struct Key {
    decoding: DecodingKey,
    validation: Validation,
}

/// Turns a bearer token into a [`Caller`].
pub(crate) struct Authenticator {
    unnamed: Option<Key>,
    named: BTreeMap<String, Key>,
    role_map: BTreeMap<String, Role>,
    known: KnownTokens,
}

impl Authenticator {
    /// Verifies with these keys.
    pub(crate) fn new(settings: &JwtSettings, role_map: BTreeMap<String, Role>) -> Result<Self, KeyError> {
        let system = settings.system_secret.as_ref().map(|secret| Key {
            decoding: DecodingKey::from_secret(secret.expose().as_bytes()),
            validation: validation(Algorithm::HS256, settings),
        });
        let named: Result<BTreeMap<String, Key>, KeyError> =
            settings.keys.iter().map(|key| Ok((key.kid.clone(), key_of(key, settings)?))).collect();
        Ok(Self { unnamed: system, named: named?, role_map, known: KnownTokens::default() })
    }

    /// The bearer of that token; `None` for whatever reason it does not open.
    pub(crate) fn open(&self, token: &str, now: Timestamp) -> Option<Caller> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let seconds = now.to_datetime().timestamp();
        if let Some(caller) = self.known.bearer(token, seconds) {
            return Some(caller);
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = match &header.kid {
            Some(kid) => self.named.get(kid),
            None => self.unnamed.as_ref(),
        }?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation).ok()?.claims;
        if claims.is_from_the_future(seconds.saturating_add_unsigned(LEEWAY_SECONDS)) {
            return None;
        }
        let caller = claims.caller(&self.role_map)?;
        if let Some(end) = claims.ends_in() {
            self.known.add(token, &caller, end.saturating_add_unsigned(LEEWAY_SECONDS));
        }
        Some(caller)
    }
}

fn key_of(key: &JwtKey, settings: &JwtSettings) -> Result<Key, KeyError> {
    let bytes = key.key.expose().as_bytes();
    let (decoding, algorithm) = match key.algorithm {
        JwtAlgorithm::Hs256 => (Ok(DecodingKey::from_secret(bytes)), Algorithm::HS256),
        JwtAlgorithm::Rs256 => (DecodingKey::from_rsa_pem(bytes), Algorithm::RS256),
        JwtAlgorithm::EdDsa => (DecodingKey::from_ed_pem(bytes), Algorithm::EdDSA),
    };
    let decoding = decoding.map_err(|source| KeyError { kid: key.kid.clone(), source })?;
    Ok(Key { decoding, validation: validation(algorithm, settings) })
}

fn validation(algorithm: Algorithm, settings: &JwtSettings) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    let mut required = vec!["exp"];
    match &settings.issuer {
        Some(issuer) => {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        None => validation.iss = None,
    }
    match &settings.audience {
        Some(audience) => {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        None => validation.validate_aud = false,
    }
    validation.set_required_spec_claims(&required);
    validation
}
