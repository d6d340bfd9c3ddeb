use mstore_pay_domain::charge::{Artefact, FailureReason};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_outbound::json::Object;

use crate::channels::Shown;
use crate::response::{Described, Unreadable, money, order_code, provider_ref};

/// A payment request as Xendit describes it.
#[derive(Debug)]
pub(crate) struct PaymentRequest {
    pub(crate) charge: Described,
    /// The payment made last, where one was; earlier ones are not named.
    pub(crate) latest_payment: Option<ProviderRef>,
    /// Descriptors and values.
    actions: Vec<(String, String)>,
    /// Its word for success.
    is_settled: bool,
}

impl PaymentRequest {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let id = provider_ref(&object, "payment_request_id").ok_or(Unreadable::Field("payment_request_id"))?;
        let word = object.text("status").ok_or(Unreadable::Field("status"))?;
        let properties = object.object("channel_properties");
        let actions = object.objects("actions")?;
        Ok(Self {
            charge: Described {
                id,
                reference: object.text("reference_id"),
                order_code: order_code(&object),
                asked: money(&object, "request_amount", object.text("currency").as_deref())?,
                status: status(&word, object.text("failure_code").as_deref()),
                expires_at: properties.and_then(|properties| properties.time("expires_at")),
            },
            latest_payment: provider_ref(&object, "latest_payment_id"),
            actions: actions.iter().filter_map(|act| Some((act.text("descriptor")?, act.text("value")?))).collect(),
            is_settled: word == "SUCCEEDED",
        })
    }

    /// What the customer is shown, where the answer has it: by descriptor, because answers may carry several
    /// actions and the first is not good enough.
    pub(crate) fn artefact(&self, shown: Shown) -> Option<Artefact> {
        let value = |wanted: &str| {
            self.actions.iter().find(|(descriptor, _)| descriptor == wanted).map(|(_, value)| value.clone())
        };
        let link = || {
            let (checkout_url, deeplink_url) = (value("WEB_URL"), value("DEEPLINK_URL"));
            (checkout_url.is_some() || deeplink_url.is_some()).then_some(Artefact::Link { checkout_url, deeplink_url })
        };
        match shown {
            Shown::QrString => value("QR_STRING").map(|qr_string| Artefact::Qr { qr_string }),
            Shown::AccountNumber { bank } => value("VIRTUAL_ACCOUNT_NUMBER")
                .map(|va_number| Artefact::VirtualAccount { bank_code: bank.to_owned(), va_number }),
            Shown::Link => link(),
            // A card that is charged by its token may want the customer's word on a page (3-D Secure).
            Shown::PushOrLink | Shown::SessionPage => Some(link().unwrap_or(Artefact::Push)),
        }
    }

    /// Whether there may be more payments on it than the one it names: it was paid, or it is closed, after
    /// which it no longer says so.
    pub(crate) fn may_hold_money(&self) -> bool {
        self.is_settled || self.latest_payment.is_some() || self.charge.status != SnapshotStatus::Pending
    }
}

/// Where a request stands, money aside: what was paid is read from its payments.
fn status(word: &str, failure_code: Option<&str>) -> SnapshotStatus {
    match word {
        "REQUIRES_ACTION" | "ACCEPTING_PAYMENTS" | "PENDING" | "AUTHORIZED" | "SUCCEEDED" => SnapshotStatus::Pending,
        "EXPIRED" => SnapshotStatus::Expired,
        "CANCELED" => SnapshotStatus::Canceled,
        "FAILED" => SnapshotStatus::Failed(FailureReason::from_code(failure_code.unwrap_or_default())),
        unknown => SnapshotStatus::Unrecognised(unknown.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str, more: &str) -> String {
        format!(
            r#"{{"payment_request_id":"pr-1","reference_id":"TRX-1~a","currency":"IDR","request_amount":33000.0,"status":"{status}","channel_code":"QRIS","actions":[{{"type":"PRESENT_TO_CUSTOMER","descriptor":"VIRTUAL_ACCOUNT_NUMBER","value":"88"}},{{"type":"PRESENT_TO_CUSTOMER","descriptor":"QR_STRING","value":"0002"}}],"metadata":{{"order_code":"TRX-1"}},"tomorrow":[1]{more}}}"#
        )
    }

    #[track_caller]
    fn check_status(word: &str, more: &str, want: &SnapshotStatus) {
        assert_eq!(&PaymentRequest::parse(body(word, more).as_bytes()).unwrap().charge.status, want, "{word}");
    }

    #[test]
    fn what_we_need_is_read_whatever_stands_around_it() {
        let request = PaymentRequest::parse(body("REQUIRES_ACTION", "").as_bytes()).unwrap();
        assert_eq!(request.charge.id.as_str(), "pr-1");
        assert_eq!(request.charge.reference.as_deref(), Some("TRX-1~a"));
        assert_eq!(request.charge.order_code.as_deref(), Some("TRX-1"));
        assert!(request.charge.asked.as_ref().unwrap().fits(&33_000.into()));
        assert_eq!(request.artefact(Shown::QrString), Some(Artefact::Qr { qr_string: "0002".to_owned() }));
        assert!(!request.may_hold_money());
    }

    #[track_caller]
    fn check_link(actions: &str, want: Option<(Option<&str>, Option<&str>)>) {
        let told =
            body("REQUIRES_ACTION", "").replace(r#""QR_STRING","value":"0002"}"#, &format!(r#""NONE"}}{actions}"#));
        let request = PaymentRequest::parse(told.as_bytes()).unwrap();
        let link = want.map(|(page, app)| {
            let owned = |url: Option<&str>| url.map(ToOwned::to_owned);
            Artefact::Link { checkout_url: owned(page), deeplink_url: owned(app) }
        });
        assert_eq!(request.artefact(Shown::Link), link, "{actions}");
        assert_eq!(request.artefact(Shown::PushOrLink), Some(link.unwrap_or(Artefact::Push)), "{actions}");
    }

    #[test]
    fn a_wallet_is_opened_by_a_page_or_an_app_or_both() {
        let (page, app) = (r#",{"descriptor":"WEB_URL","value":"w"}"#, r#",{"descriptor":"DEEPLINK_URL","value":"d"}"#);
        check_link(page, Some((Some("w"), None)));
        check_link(app, Some((None, Some("d"))));
        check_link(&format!("{app}{page}"), Some((Some("w"), Some("d"))));
        check_link("", None);
    }

    #[test]
    fn every_word_of_today_is_known_and_others_are_kept() {
        for word in ["REQUIRES_ACTION", "ACCEPTING_PAYMENTS", "PENDING", "AUTHORIZED", "SUCCEEDED"] {
            check_status(word, "", &SnapshotStatus::Pending);
        }
        check_status("EXPIRED", "", &SnapshotStatus::Expired);
        check_status("CANCELED", "", &SnapshotStatus::Canceled);
        let reason = FailureReason::from_code("CARD_DECLINED");
        check_status("FAILED", r#","failure_code":"CARD_DECLINED ""#, &SnapshotStatus::Failed(reason));
        for word in ["succeeded", "CANCELLED", "SOON"] {
            check_status(word, "", &SnapshotStatus::Unrecognised(word.to_owned()));
        }
    }

    #[test]
    fn money_may_lie_on_whatever_is_not_plainly_open() {
        for (word, more, want) in [
            ("REQUIRES_ACTION", r#","latest_payment_id":null"#, false),
            ("REQUIRES_ACTION", r#","latest_payment_id":"py-1""#, true),
            ("SUCCEEDED", "", true),
            ("EXPIRED", "", true),
            ("SOON", "", true),
        ] {
            assert_eq!(PaymentRequest::parse(body(word, more).as_bytes()).unwrap().may_hold_money(), want, "{word}");
        }
    }

    #[test]
    fn without_an_id_or_a_readable_amount_it_is_of_no_use() {
        let good = body("REQUIRES_ACTION", "");
        for bad in [
            good.replace("\"pr-1\"", "7"),
            good.replace("pr-1", ""),
            good.replace("33000.0", "\"33000\""),
            good.replace("33000.0", "-1"),
            good.replace("\"REQUIRES_ACTION\"", "null"),
            good.replace(']', ""),
            String::new(),
        ] {
            assert!(PaymentRequest::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
