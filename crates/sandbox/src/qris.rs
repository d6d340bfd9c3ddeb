//! QR strings in the EMV format that QRIS uses: tag, two-digit length, value, and a checksum at the end.

use crate::amount::Amount;

/// Restaurants: the merchant category code of every QR drawn here.
const CATEGORY_CODE: &str = "5812";
/// ISO 4217 number of the rupiah.
const CURRENCY_NUMBER: &str = "360";
/// The longest value a tag can hold in the fields used here (EMV merchant-presented mode, tag 62-05).
const REFERENCE_CHARS_MAX: usize = 25;

/// A QRIS code over `amount`: dynamic, or static where the customer types in what to pay.
///
/// `switch` is the domain of the acquirer in tag 26, `nmid` the national merchant id in tag 51. Of `reference` the last
/// 25 printable ASCII characters go to tag 62.
pub(crate) fn code(switch: &str, nmid: &str, amount: Option<&Amount>, reference: &str) -> String {
    let printable: Vec<char> = reference.chars().filter(char::is_ascii_graphic).collect();
    let skipped = printable.len().saturating_sub(REFERENCE_CHARS_MAX);
    let label: String = printable.into_iter().skip(skipped).collect();
    let acquirer =
        [tag("00", switch), tag("01", "936009180000000001"), tag("02", "MSTORE001"), tag("03", "UME")].concat();
    let national = [tag("00", "ID.CO.QRIS.WWW"), tag("02", nmid), tag("03", "UME")].concat();
    let text = [
        tag("00", "01"),
        tag("01", if amount.is_some() { "12" } else { "11" }),
        tag("26", &acquirer),
        tag("51", &national),
        tag("52", CATEGORY_CODE),
        tag("53", CURRENCY_NUMBER),
        amount.map(|amount| tag("54", &amount.to_string())).unwrap_or_default(),
        tag("58", "ID"),
        tag("59", "MSTORE SANDBOX"),
        tag("60", "JAKARTA"),
        tag("61", "10110"),
        tag("62", &tag("05", &label)),
        "6304".to_owned(),
    ]
    .concat();
    let checksum = crc16(text.as_bytes());
    format!("{text}{checksum:04X}")
}

/// A dynamic QRIS code as `GoPay` draws it: sen behind the amount, and tags that do not ascend.
pub(crate) fn code_of_gopay(merchant_id: &str, nmid: &str, amount: &Amount, transaction_id: &str) -> String {
    let acquirer =
        [tag("00", "COM.GO-JEK.WWW"), tag("01", "9360091430000000001"), tag("02", merchant_id), tag("03", "UKE")]
            .concat();
    let national = [tag("00", "ID.CO.QRIS.WWW"), tag("02", nmid), tag("03", "UKE")].concat();
    let more = [tag("50", transaction_id), tag("07", "A01")].concat();
    let text = [
        tag("00", "01"),
        tag("01", "12"),
        tag("26", &acquirer),
        tag("51", &national),
        tag("52", CATEGORY_CODE),
        tag("53", CURRENCY_NUMBER),
        tag("58", "ID"),
        tag("59", "MSTORE SANDBOX"),
        tag("60", "JAKARTA"),
        tag("61", "10110"),
        tag("54", &format!("{amount}.00")),
        tag("62", &more),
        "6304".to_owned(),
    ]
    .concat();
    let checksum = crc16(text.as_bytes());
    format!("{text}{checksum:04X}")
}

fn tag(number: &str, value: &str) -> String {
    format!("{number}{:02}{value}", value.len())
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, &byte| {
        (0..8).fold(
            crc ^ (u16::from(byte) << 8),
            |crc, _bit| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_published_check_value() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
    }

    #[test]
    fn every_length_fits_its_value_and_the_amount_is_in_tag_54() {
        let long = "R".repeat(50);
        let text = code("CO.XENDIT.WWW", "ID1020304050607", Some(&Amount::rupiah(33_000)), &long);
        let mut rest = text.as_str();
        let mut tags = Vec::new();
        while let Some((number, after)) = rest.split_at_checked(2) {
            let (length, after) = after.split_at(2);
            let (value, after) = after.split_at(length.parse().expect("two digits"));
            tags.push((number, value));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let find = |number| tags.iter().find(|tag| tag.0 == number).map(|tag| tag.1);
        assert_eq!(find("53"), Some("360"));
        assert_eq!(find("54"), Some("33000"));
        assert_eq!(find("58"), Some("ID"));
        assert_eq!(find("62"), Some(format!("0525{}", "R".repeat(25)).as_str()));
        assert_eq!(tags.last().map(|tag| tag.0), Some("63"));
    }
}
