//! Making tokens: for development, and for whoever holds the secret.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header};
use mstore_pay_domain::time::Timestamp;
use serde::Serialize;

use crate::config::JwtSettings;

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The merchant.
    pub merchant: String,
    /// The branch; `None`: all of them.
    pub branch: Option<String>,
    /// The user.
    pub user: String,
    /// The role.
    pub role: String,
    /// How long it is good for.
    pub ttl: Duration,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// There is no secret to sign with.
    #[error("SYSTEM_JWT_SECRET is not set: there is nothing to sign with")]
    NoSecret,
    /// It could not be signed.
    #[error("could not sign the token")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

#[derive(Serialize)]
struct NewClaims<'a> {
    #[serde(rename = "merchantId")]
    merchant_id: &'a str,
    #[serde(rename = "branchId", skip_serializing_if = "Option::is_none")]
    branch_id: Option<&'a str>,
    #[serde(rename = "userId")]
    user_id: &'a str,
    role: &'a str,
    roles: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    iat: i64,
    exp: i64,
}

impl JwtSettings {
    /// Signs a token with the secret in force.
    ///
    /// # Errors
    /// [`MintError::NoSecret`] where tokens are signed elsewhere.
    pub fn mint(&self, request: &TokenRequest, now: Timestamp) -> Result<String, MintError> {
        let secret = self.system_secret.as_ref().ok_or(MintError::NoSecret)?;
        let claims = NewClaims {
            merchant_id: &request.merchant,
            branch_id: request.branch.as_deref(),
            user_id: &request.user,
            role: &request.role,
            roles: [&request.role],
            iss: self.issuer.as_deref(),
            aud: self.audience.as_deref(),
            iat: now.to_datetime().timestamp(),
            exp: now.plus(request.ttl).to_datetime().timestamp(),
        };
        let key = EncodingKey::from_secret(secret.expose().as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key).map_err(MintError::Sign)
    }
}
