use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_outbound::json::Object;

use super::{Described, Unreadable, currency_or_rupiah, money, order_code, provider_ref};

/// How the ids of codes begin, and of nothing else.
const ID_PREFIX: &str = "qr_";

/// A code as the QR Codes API describes it. It never says that it was paid: only its payments do.
#[derive(Debug)]
pub(crate) struct QrCode {
    pub(crate) charge: Described,
    /// The text of the code.
    pub(crate) qr_string: Option<String>,
}

impl QrCode {
    /// Whether an id of ours is a code's.
    pub(crate) fn is_id(id: &ProviderRef) -> bool {
        id.as_str().starts_with(ID_PREFIX)
    }

    /// Reads a code in the words of 2022-07-31, or in those of the first version.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let id = provider_ref(&object, "id").filter(Self::is_id);
        let word = object.text("status").ok_or(Unreadable::Field("status"))?;
        Ok(Self {
            charge: Described {
                id: id.ok_or(Unreadable::Field("id"))?,
                reference: object.text("reference_id").or_else(|| object.text("external_id")),
                order_code: order_code(&object),
                asked: money(&object, "amount", Some(&currency_or_rupiah(&object)))?,
                status: match word.as_str() {
                    "ACTIVE" => SnapshotStatus::Pending,
                    // Nobody can close a code: what is over ran out of time.
                    "INACTIVE" => SnapshotStatus::Expired,
                    unknown => SnapshotStatus::Unrecognised(unknown.to_owned()),
                },
                expires_at: object.time("expires_at"),
            },
            qr_string: object.text("qr_string"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_domain::time::Timestamp;

    fn body(status: &str, more: &str) -> String {
        format!(
            r#"{{"id":"qr_1","reference_id":"TRX-1~a","type":"DYNAMIC","currency":"IDR","amount":33000.0,"status":"{status}","qr_string":"0002","expires_at":"2026-01-05T03:05:00.12Z","metadata":{{"order_code":"TRX-1"}}{more}}}"#
        )
    }

    #[test]
    fn a_code_tells_its_text_and_its_end() {
        let code = QrCode::parse(body("ACTIVE", r#","tomorrow":{}"#).as_bytes()).unwrap();
        assert_eq!(code.charge.id.as_str(), "qr_1");
        assert_eq!(code.charge.reference.as_deref(), Some("TRX-1~a"));
        assert_eq!(code.charge.order_code.as_deref(), Some("TRX-1"));
        assert!(code.charge.asked.unwrap().fits(&33_000.into()));
        assert_eq!(code.charge.expires_at, Timestamp::parse_rfc3339("2026-01-05T03:05:00.12Z"));
        assert_eq!((code.charge.status, code.qr_string.as_deref()), (SnapshotStatus::Pending, Some("0002")));
    }

    #[test]
    fn a_code_of_the_first_version_is_the_same_in_other_words() {
        let body = r#"{"id":"qr_1","external_id":"TRX-1~a","amount":1500,"status":"INACTIVE","qr_string":"mock","callback_url":"https://h"}"#;
        let code = QrCode::parse(body.as_bytes()).unwrap();
        assert_eq!(code.charge.reference.as_deref(), Some("TRX-1~a"));
        assert!(code.charge.asked.unwrap().fits(&1_500.into()));
        assert_eq!(code.charge.status, SnapshotStatus::Expired);
    }

    #[test]
    fn what_is_no_code_is_an_error_and_another_word_is_none() {
        let good = body("SOON", "");
        let soon = QrCode::parse(good.as_bytes()).unwrap().charge.status;
        assert_eq!(soon, SnapshotStatus::Unrecognised("SOON".to_owned()));
        for bad in [good.replace("qr_1", "pr-1"), good.replace("33000.0", "\"33000\""), good.replace("\"SOON\"", "7")] {
            assert!(QrCode::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
