//! Links to the pay page: a token that names a payment and proves that we gave it out.
//!
//! A token is base64url without padding over: format (1 byte), end of validity in microseconds since
//! the epoch (8, big endian), the payment's UUID (16), the merchant id (1 to 64), and an HMAC-SHA256
//! (32) over all of these behind a label. It hides nothing, and nothing in it can be changed. The same
//! payment always gets the same token, so that a replayed answer stays the same to the byte.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

/// How long a link outlives its payment's display: a customer who comes back sees what became of it.
pub const LINK_AFTERLIFE: Duration = Duration::from_hours(1);
/// Shortest secret that links are signed with: as long as the digest (RFC 2104, section 3).
pub const LINK_SECRET_BYTES_MIN: usize = 32;
/// Longest token: 25 bytes before the merchant id, the longest merchant id, the MAC; in base64url.
pub const LINK_TOKEN_CHARS_MAX: usize = (25 + MerchantId::BYTES_MAX + MAC_BYTES).div_ceil(3) * 4;

/// Keeps these MACs apart from any other made with the same secret.
const LABEL: &[u8] = b"mstore-pay pay link\0";
const FORMAT: u8 = 1;
const MAC_BYTES: usize = 32;

/// What a link leads to, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayLink {
    /// Whose payment.
    pub merchant: MerchantId,
    /// Which payment.
    pub payment: PaymentId,
    /// The first moment at which the link is no longer good.
    pub valid_until: Timestamp,
}

/// Signs links and reads them back. Holds the secret; shows nothing of it.
#[derive(Clone)]
pub struct LinkSigner(Hmac<Sha256>);

/// A secret that is too short to sign links with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the link secret has fewer than {LINK_SECRET_BYTES_MIN} bytes")]
pub struct WeakLinkSecret;

/// Why a token opens nothing. To the outside all reasons look the same: there is no such page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Not one of ours, or changed.
    #[error("the link was not given out by us")]
    Forged,
    /// Ours, and its time is over.
    #[error("the link is no longer valid")]
    Over,
}

impl PayLink {
    /// The link to that payment, good until [`LINK_AFTERLIFE`] after its display ends.
    #[must_use]
    pub fn to(payment: &Payment) -> Self {
        Self {
            merchant: payment.merchant.clone(),
            payment: payment.id,
            valid_until: payment.expires_at.plus(LINK_AFTERLIFE),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.valid_until.micros().to_be_bytes());
        bytes.extend(self.payment.uuid().as_bytes());
        bytes.extend(self.merchant.as_str().as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (micros, rest) = rest.split_first_chunk()?;
        let (uuid, merchant) = rest.split_first_chunk()?;
        let merchant = MerchantId::parse(std::str::from_utf8(merchant).ok()?).ok()?;
        let valid_until = Timestamp::from_micros(i64::from_be_bytes(*micros))?;
        let payment = PaymentId::new(Uuid::from_bytes(*uuid));
        (*format == FORMAT).then_some(Self { merchant, payment, valid_until })
    }
}

impl LinkSigner {
    /// A signer under that secret.
    ///
    /// # Errors
    /// [`WeakLinkSecret`] for one shorter than [`LINK_SECRET_BYTES_MIN`].
    pub fn new(secret: &SecretString) -> Result<Self, WeakLinkSecret> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < LINK_SECRET_BYTES_MIN {
            return Err(WeakLinkSecret);
        }
        let keyed = Hmac::<Sha256>::new_from_slice(secret).map_err(|_never_for_hmac| WeakLinkSecret)?;
        Ok(Self(keyed.chain_update(LABEL)))
    }

    /// The token of a link.
    #[must_use]
    pub fn token(&self, link: &PayLink) -> String {
        let mut bytes = link.to_bytes();
        let mac = self.0.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(mac);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What a token leads to at that time. The MAC is compared in constant time, before anything
    /// within is read.
    ///
    /// # Errors
    /// [`LinkError`]
    pub fn open(&self, token: &str, now: Timestamp) -> Result<PayLink, LinkError> {
        if token.len() > LINK_TOKEN_CHARS_MAX {
            return Err(LinkError::Forged);
        }
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_not_base64| LinkError::Forged)?;
        let (signed, mac) = bytes.split_last_chunk::<MAC_BYTES>().ok_or(LinkError::Forged)?;
        self.0.clone().chain_update(signed).verify_slice(mac).map_err(|_differs| LinkError::Forged)?;
        let link = PayLink::from_bytes(signed).ok_or(LinkError::Forged)?;
        if now < link.valid_until { Ok(link) } else { Err(LinkError::Over) }
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSigner")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> LinkSigner {
        LinkSigner::new(&SecretString::from(secret.repeat(LINK_SECRET_BYTES_MIN))).unwrap()
    }

    fn at_second(second: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(second))
    }

    fn link(merchant: &str, payment: u128) -> PayLink {
        PayLink {
            merchant: MerchantId::parse(merchant).unwrap(),
            payment: PaymentId::new(Uuid::from_u128(payment)),
            valid_until: at_second(100),
        }
    }

    #[track_caller]
    fn check(token: &str, second: u64, want: Result<&PayLink, LinkError>) {
        let got = signer("s").open(token, at_second(second));
        assert_eq!(got.as_ref().map_err(|error| *error), want, "{token} at {second}");
    }

    #[test]
    fn a_link_leads_to_its_payment_until_its_time_is_over() {
        for merchant in ["M", "MERCHANT-1", &"m".repeat(MerchantId::BYTES_MAX)] {
            let link = link(merchant, 7);
            let token = signer("s").token(&link);
            assert!(token.len() <= LINK_TOKEN_CHARS_MAX, "{merchant}");
            check(&token, 99, Ok(&link));
            check(&token, 100, Err(LinkError::Over));
        }
    }

    #[test]
    fn the_same_payment_has_the_same_token_and_others_have_others() {
        let token = |merchant: &str, payment| signer("s").token(&link(merchant, payment));
        assert_eq!(token("M1", 1), token("M1", 1));
        assert_ne!(token("M1", 1), token("M1", 2));
        assert_ne!(token("M1", 1), token("M2", 1));
    }

    #[test]
    fn a_token_with_any_byte_changed_added_or_cut_opens_nothing() {
        let good = BASE64URL_NOPAD.decode(signer("s").token(&link("M1", 7)).as_bytes()).unwrap();
        for position in 0..good.len() {
            for flip in [0x01, 0x80] {
                let mut bad = good.clone();
                bad[position] ^= flip;
                check(&BASE64URL_NOPAD.encode(&bad), 1, Err(LinkError::Forged));
            }
            check(&BASE64URL_NOPAD.encode(&good[..position]), 1, Err(LinkError::Forged));
        }
        let mut longer = good;
        longer.insert(25, b'x');
        check(&BASE64URL_NOPAD.encode(&longer), 1, Err(LinkError::Forged));
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = signer("s").token(&link("M1", 7));
        for bad in [format!("{token}="), format!("{token}A"), format!(" {token}"), token.replace('A', "a")] {
            check(&bad, 1, Err(LinkError::Forged));
        }
        // The last character of this length carries two bits that belong to no byte: they must be zero.
        let (last, rest) = token.as_bytes().split_last().unwrap();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let others = alphabet.iter().filter(|other| *other != last);
        for other in others {
            let bad = [rest, &[*other]].concat();
            check(std::str::from_utf8(&bad).unwrap(), 1, Err(LinkError::Forged));
        }
    }

    #[test]
    fn a_token_of_another_secret_or_purpose_opens_nothing() {
        check(&signer("other").token(&link("M1", 7)), 1, Err(LinkError::Forged));
        let mut bytes = link("M1", 7).to_bytes();
        let key = "s".repeat(LINK_SECRET_BYTES_MIN);
        let unlabelled = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&bytes).finalize();
        bytes.extend(unlabelled.into_bytes());
        check(&BASE64URL_NOPAD.encode(&bytes), 1, Err(LinkError::Forged));
    }

    #[test]
    fn noise_opens_nothing() {
        for token in ["", "A", "..", "pay_00000000000000000000000000000007", &"A".repeat(10_000), "é", "%2e%2e"] {
            check(token, 1, Err(LinkError::Forged));
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        let short = SecretString::from("s".repeat(LINK_SECRET_BYTES_MIN - 1));
        assert_eq!(LinkSigner::new(&short).err(), Some(WeakLinkSecret));
        assert_eq!(format!("{:?}", signer("s")), "LinkSigner");
    }
}
