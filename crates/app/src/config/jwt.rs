//! What tokens are verified with.

use serde::Deserialize;

use super::SecretText;

/// How a key verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256 under a shared secret.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSA with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A key that tokens may name by `kid`.
#[derive(Debug, Clone)]
pub struct JwtKey {
    /// The name.
    pub kid: String,
    /// How it verifies; never taken from a token.
    pub algorithm: JwtAlgorithm,
    /// The shared secret, or the public key as PEM.
    pub key: SecretText,
}

/// What tokens are verified with and must say.
#[derive(Debug, Clone)]
pub struct JwtSettings {
    /// For HS256 tokens that name no key.
    pub system_secret: Option<SecretText>,
    /// Keys by name.
    pub keys: Vec<JwtKey>,
    /// The issuer that tokens must name; `None`: any or none.
    pub issuer: Option<String>,
    /// The audience that tokens must name; `None`: any or none.
    pub audience: Option<String>,
}

#[derive(Deserialize)]
struct KeyEntry {
    kid: String,
    algorithm: JwtAlgorithm,
    key: String,
}

/// Reads `JWT_KEYS`.
pub(super) fn parse_keys(text: &SecretText) -> Result<Vec<JwtKey>, String> {
    let entries: Vec<KeyEntry> = serde_json::from_str(text.expose())
        .map_err(|error| format!("JWT_KEYS is not the list that is documented (line {})", error.line()))?;
    entries
        .into_iter()
        .map(|entry| {
            let key = SecretText::from(entry.key);
            let is_shared = entry.algorithm == JwtAlgorithm::Hs256;
            let long_enough = !is_shared || key.expose().len() >= super::resolve::SECRET_BYTES_MIN;
            if entry.kid.is_empty() || !long_enough {
                return Err("JWT_KEYS holds a key without a name, or a shared secret under 32 bytes".to_owned());
            }
            Ok(JwtKey { kid: entry.kid, algorithm: entry.algorithm, key })
        })
        .collect()
}
