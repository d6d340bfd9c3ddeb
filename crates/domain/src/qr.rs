//! QR codes of the national standard (EMV merchant-presented, QRIS): read before they are shown.

use thiserror::Error;

use crate::money::{Money, MoneyError};

/// ISO 4217 number of the rupiah, as tag 53 carries it.
const IDR_NUMERIC: &str = "360";
/// Tags 26 to 51 hold the accounts that the money can go to.
const ACCOUNT_TAGS: std::ops::RangeInclusive<u8> = 26..=51;

/// What a payment QR says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentQr {
    /// The amount it asks for; `None` where the customer types it in.
    pub amount: Option<Money>,
    /// The national merchant ids it names.
    pub nmids: Vec<String>,
}

/// Why a text is no payment QR in rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QrError {
    /// Not a sequence of tag, length and value.
    #[error("QR text is not tag-length-value")]
    Structure,
    /// The checksum at its end is wrong or missing.
    #[error("QR checksum is wrong")]
    Checksum,
    /// Another currency, or none.
    #[error("QR is not in rupiah")]
    Currency,
    /// An amount that is none.
    #[error("QR amount cannot be read")]
    Amount(#[source] MoneyError),
}

impl PaymentQr {
    /// Reads a QR text: structure, checksum (tag 63), currency (tag 53), amount (tag 54) and merchant ids.
    ///
    /// # Errors
    /// [`QrError`] naming the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, QrError> {
        let (body, checksum) = text.split_at_checked(text.len().saturating_sub(4)).ok_or(QrError::Structure)?;
        if !body.ends_with("6304") || checksum != format!("{:04X}", crc16_ccitt_false(body.as_bytes())) {
            return Err(QrError::Checksum);
        }
        let fields = parse_tlv(text)?;
        let value_of = |tag: u8| fields.iter().find(|(known, _)| *known == tag).map(|(_, value)| *value);
        if value_of(53) != Some(IDR_NUMERIC) {
            return Err(QrError::Currency);
        }
        let amount = value_of(54).map(Money::parse).transpose().map_err(QrError::Amount)?;
        let nmids = fields
            .iter()
            .filter(|(tag, _)| ACCOUNT_TAGS.contains(tag))
            .filter_map(|(_, template)| parse_tlv(template).ok())
            .flat_map(|template| template.into_iter().filter(|(tag, _)| *tag == 2))
            .map(|(_, nmid)| nmid.to_owned())
            .collect();
        Ok(Self { amount, nmids })
    }
}

fn parse_tlv(mut text: &str) -> Result<Vec<(u8, &str)>, QrError> {
    let mut fields = Vec::new();
    while !text.is_empty() {
        let (tag, rest) = two_digits(text)?;
        let (length, rest) = two_digits(rest)?;
        let (value, rest) = rest.split_at_checked(usize::from(length)).ok_or(QrError::Structure)?;
        fields.push((tag, value));
        text = rest;
    }
    Ok(fields)
}

fn two_digits(text: &str) -> Result<(u8, &str), QrError> {
    let (digits, rest) = text.split_at_checked(2).ok_or(QrError::Structure)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(QrError::Structure);
    }
    digits.parse().map(|number| (number, rest)).map_err(|_not_digits| QrError::Structure)
}

/// CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF), which EMV puts in tag 63.
pub(crate) fn crc16_ccitt_false(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qr(amount: &str, currency: &str) -> String {
        let merchant = "0014ID.CO.QRIS.WWW0215ID10200300400050303UMI";
        let amount = if amount.is_empty() { String::new() } else { format!("54{:02}{amount}", amount.len()) };
        let body =
            format!("00020101021251{:02}{merchant}530{}{currency}{amount}5802ID6304", merchant.len(), currency.len());
        format!("{body}{:04X}", crc16_ccitt_false(body.as_bytes()))
    }

    #[track_caller]
    fn check(text: &str, want: Result<Option<u32>, QrError>) {
        assert_eq!(PaymentQr::parse(text).map(|qr| qr.amount), want.map(|amount| amount.map(Money::from)), "{text}");
    }

    #[test]
    fn the_published_check_value_of_the_checksum_holds() {
        assert_eq!(crc16_ccitt_false(b"123456789"), 0x29B1);
    }

    #[test]
    fn a_payment_qr_tells_its_amount_and_merchant() {
        check(&qr("33000", "360"), Ok(Some(33_000)));
        check(&qr("33000.00", "360"), Ok(Some(33_000)));
        check(&qr("", "360"), Ok(None));
        assert_eq!(PaymentQr::parse(&qr("1", "360")).unwrap().nmids, ["ID1020030040005"]);
    }

    #[test]
    fn a_qr_that_cannot_be_trusted_is_refused_with_its_reason() {
        let good = qr("33000", "360");
        check(&good.replace("5405", "5406"), Err(QrError::Checksum));
        check(good.strip_suffix(|_: char| true).unwrap(), Err(QrError::Checksum));
        check(&qr("33000", "840"), Err(QrError::Currency));
        check("", Err(QrError::Checksum));
        check("qr-text-of-a-test-account", Err(QrError::Checksum));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let _outcome = PaymentQr::parse(&text);
        }
    }
}
