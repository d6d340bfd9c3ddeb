//! QR texts as banks' apps read them: EMV merchant-presented, with the fields of QRIS.

use crate::ids::OurReference;
use crate::money::Money;
use crate::qr::crc16_ccitt_false;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::PaymentQr;

    #[test]
    fn a_bank_app_reads_the_amount_and_the_merchant() {
        let reference = OurReference::parse("TRX-1~aaaaaaaaa").unwrap();
        let read = PaymentQr::parse(&qr_text(&Money::from(33_000), &reference, Some("ID77"))).unwrap();
        assert_eq!(read, PaymentQr { amount: Some(Money::from(33_000)), nmids: vec!["ID77".to_owned()] });
    }
}
