//! QR texts as banks' apps read them: EMV merchant-presented, with the fields of QRIS.

use crate::ids::OurReference;
use crate::money::Money;

/// National merchant id of accounts that have none.
const NMID: &str = "ID1020030040005";
/// Longest value that tag 62-05 holds.
const REFERENCE_CHARS_MAX: usize = 25;

/// The text of a QR code that asks for `amount`, payable to the merchant with that national id.
pub(super) fn qr_text(amount: &Money, reference: &OurReference, nmid: Option<&str>) -> String {
    let merchant = [tag("00", "ID.CO.QRIS.WWW"), tag("02", nmid.unwrap_or(NMID)), tag("03", "UMI")].concat();
    let reference: String = reference.as_str().chars().take(REFERENCE_CHARS_MAX).collect();
    let body = [
        tag("00", "01"),
        tag("01", "12"),
        tag("51", &merchant),
        tag("52", "5812"),
        tag("53", "360"),
        tag("54", &amount.to_string()),
        tag("58", "ID"),
        tag("59", "WARUNG COBA"),
        tag("60", "JAKARTA"),
        tag("62", &tag("05", &reference)),
    ]
    .concat();
    let checked = format!("{body}6304");
    let checksum = crc16_ccitt_false(checked.as_bytes());
    format!("{checked}{checksum:04X}")
}

fn tag(tag: &str, value: &str) -> String {
    format!("{tag}{:02}{value}", value.len())
}

/// CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF), which EMV puts in tag 63.
fn crc16_ccitt_false(bytes: &[u8]) -> u16 {
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

    #[test]
    fn the_checksum_has_its_published_check_value() {
        assert_eq!(crc16_ccitt_false(b"123456789"), 0x29B1);
    }

    #[test]
    fn amount_and_merchant_are_where_an_app_looks_for_them() {
        let text = qr_text(&Money::from(33_000), &OurReference::parse("TRX-1~aaaaaaaaa").unwrap(), Some("ID77"));
        assert!(text.contains("0204ID77") && text.contains("5303360540533000"), "{text}");
        let (body, checksum) = text.split_at(text.len() - 4);
        assert_eq!(format!("{:04X}", crc16_ccitt_false(body.as_bytes())), checksum);
    }
}
