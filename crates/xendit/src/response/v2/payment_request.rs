use mstore_pay_domain::charge::{Artefact, FailureReason};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_outbound::json::Object;

use crate::channels::Shown;
use crate::response::{Described, Unreadable, money, order_code, provider_ref, rows};

/// A payment request as Xendit's v2 describes it.
#[derive(Debug)]
pub(crate) struct PaymentRequest {
    pub(crate) charge: Described,
    /// The payment method within it, where payments are listed and which alone can be closed.
    pub(crate) payment_method: Option<ProviderRef>,
    /// Whether closing its payment method ends this charge, and nothing else.
    pub(crate) can_be_closed: bool,
    /// Whether it waits for money and for nothing else.
    pub(crate) is_open: bool,
    /// The number to transfer to.
    va_number: Option<String>,
    /// Kinds of links and where they lead.
    links: Vec<(String, String)>,
}

impl PaymentRequest {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        Self::read(&Object::parse(body)?)
    }

    fn read(object: &Object) -> Result<Self, Unreadable> {
        let id = provider_ref(object, "id").ok_or(Unreadable::Field("id"))?;
        let word = object.text("status").ok_or(Unreadable::Field("status"))?;
        let method = object.object("payment_method").ok_or(Unreadable::Field("payment_method"))?;
        let account = method.object("virtual_account").and_then(|number| number.object("channel_properties"));
        let actions = object.objects("actions")?;
        Ok(Self {
            charge: Described {
                id,
                reference: object.text("reference_id"),
                order_code: order_code(object),
                asked: money(object, "amount", object.text("currency").as_deref())?,
                status: status(&word, object.text("failure_code").as_deref()),
                expires_at: account.as_ref().and_then(|properties| properties.time("expires_at")),
            },
            payment_method: provider_ref(&method, "id"),
            can_be_closed: can_be_closed(&method),
            is_open: matches!(word.as_str(), "PENDING" | "REQUIRES_ACTION"),
            va_number: account.and_then(|properties| properties.text("virtual_account_number")),
            links: actions.iter().filter_map(|act| Some((act.text("url_type")?, act.text("url")?))).collect(),
        })
    }

    /// What the customer is shown, where the answer has it.
    pub(crate) fn artefact(&self, shown: Shown) -> Option<Artefact> {
        let value =
            |wanted: &str| self.links.iter().find(|(url_type, _)| url_type == wanted).map(|(_, url)| url.clone());
        let link = || {
            let (checkout_url, deeplink_url) = (value("WEB").or_else(|| value("MOBILE")), value("DEEPLINK"));
            (checkout_url.is_some() || deeplink_url.is_some()).then_some(Artefact::Link { checkout_url, deeplink_url })
        };
        match shown {
            Shown::AccountNumber { bank } => self
                .va_number
                .clone()
                .map(|va_number| Artefact::VirtualAccount { bank_code: bank.to_owned(), va_number }),
            Shown::Link => link(),
            Shown::PushOrLink => Some(link().unwrap_or(Artefact::Push)),
            // Codes and pages are opened elsewhere.
            Shown::QrString | Shown::SessionPage => None,
        }
    }
}

/// Reads a list of payment requests: the one under that reference, if it is there.
pub(crate) fn named(body: &[u8], reference: &str) -> Result<Option<ProviderRef>, Unreadable> {
    let ours = rows(body)?.into_iter().find(|row| row.text("reference_id").as_deref() == Some(reference));
    ours.map(|row| provider_ref(&row, "id").ok_or(Unreadable::Field("id"))).transpose()
}

/// Only what was made for this one charge; a push is on its way already.
fn can_be_closed(method: &Object) -> bool {
    let is_push = method.object("ewallet").and_then(|wallet| wallet.text("channel_code")).as_deref() == Some("OVO");
    let kind = method.text("type");
    method.text("reusability").as_deref() == Some("ONE_TIME_USE")
        && matches!(kind.as_deref(), Some("EWALLET" | "VIRTUAL_ACCOUNT"))
        && !is_push
}

/// Where a request stands, money aside: what was paid is read from its payments.
fn status(word: &str, failure_code: Option<&str>) -> SnapshotStatus {
    match word {
        "PENDING" | "REQUIRES_ACTION" | "AWAITING_CAPTURE" | "SUCCEEDED" => SnapshotStatus::Pending,
        "EXPIRED" => SnapshotStatus::Expired,
        "CANCELED" | "VOIDED" => SnapshotStatus::Canceled,
        "FAILED" => SnapshotStatus::Failed(FailureReason::from_code(failure_code.unwrap_or_default())),
        unknown => SnapshotStatus::Unrecognised(unknown.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str, actions: &str, method: &str) -> String {
        format!(
            r#"{{"id":"pr-1","reference_id":"TRX-1~a","business_id":"biz","currency":"IDR","amount":33000,"country":"ID","status":"{status}","actions":[{actions}],"payment_method":{{"id":"pm-1","card":null,"reusability":"ONE_TIME_USE",{method}}},"failure_code":null,"metadata":{{"order_code":"TRX-1"}},"created":"2026-01-01T00:00:00.123456789Z"}}"#
        )
    }

    const VA: &str = r#""type":"VIRTUAL_ACCOUNT","ewallet":null,"virtual_account":{"channel_code":"BCA","channel_properties":{"customer_name":"MStore","virtual_account_number":"88001","expires_at":"2026-01-05T03:00:00.5Z"}}"#;

    fn wallet(code: &str) -> String {
        format!(r#""type":"EWALLET","virtual_account":null,"ewallet":{{"channel_code":"{code}"}}"#)
    }

    fn link(url_type: &str) -> String {
        format!(
            r#"{{"action":"AUTH","url_type":"{url_type}","method":"GET","url":"https://{url_type}","qr_code":null}}"#
        )
    }

    fn read(body: &str) -> PaymentRequest {
        PaymentRequest::parse(body.as_bytes()).unwrap()
    }

    #[track_caller]
    fn check_links(types: &[&str], want: Option<(Option<&str>, Option<&str>)>) {
        let actions: Vec<String> = types.iter().copied().map(link).collect();
        let shown = read(&body("REQUIRES_ACTION", &actions.join(","), &wallet("DANA"))).artefact(Shown::Link);
        let to = |url_type: &str| format!("https://{url_type}");
        let want = want.map(|(page, app)| Artefact::Link { checkout_url: page.map(to), deeplink_url: app.map(to) });
        assert_eq!(shown, want, "{types:?}");
    }

    #[track_caller]
    fn check_closable(method: &str, want: bool) {
        assert_eq!(read(&body("PENDING", "", method)).can_be_closed, want, "{method}");
    }

    #[test]
    fn a_number_is_read_from_the_payment_method() {
        let request = read(&body("PENDING", "", VA));
        assert_eq!(request.charge.id.as_str(), "pr-1");
        assert_eq!(request.charge.reference.as_deref(), Some("TRX-1~a"));
        assert_eq!(request.charge.order_code.as_deref(), Some("TRX-1"));
        assert!(request.charge.asked.as_ref().unwrap().fits(&33_000.into()));
        assert_eq!(request.charge.expires_at.unwrap().to_string(), "2026-01-05T03:00:00.500Z");
        assert_eq!(request.payment_method.as_ref().unwrap().as_str(), "pm-1");
        let number = Artefact::VirtualAccount { bank_code: "BCA".to_owned(), va_number: "88001".to_owned() };
        assert_eq!(request.artefact(Shown::AccountNumber { bank: "BCA" }), Some(number));
    }

    #[test]
    fn a_wallet_is_opened_by_whichever_link_there_is_and_a_page_for_all_first() {
        check_links(&["MOBILE", "WEB"], Some((Some("WEB"), None)));
        check_links(&["MOBILE", "DEEPLINK"], Some((Some("MOBILE"), Some("DEEPLINK"))));
        check_links(&["DEEPLINK"], Some((None, Some("DEEPLINK"))));
        check_links(&["API"], None);
        check_links(&[], None);
        let pushed = read(&body("PENDING", "", &wallet("OVO")));
        assert_eq!(pushed.artefact(Shown::PushOrLink), Some(Artefact::Push));
    }

    #[test]
    fn only_what_was_made_for_the_charge_and_not_pushed_is_closed() {
        check_closable(VA, true);
        check_closable(&wallet("DANA"), true);
        check_closable(&wallet("OVO"), false);
        check_closable(r#""type":"CARD""#, false);
        let saved = body("PENDING", "", &wallet("DANA")).replace("ONE_TIME_USE", "MULTIPLE_USE");
        assert!(!read(&saved).can_be_closed);
    }

    #[test]
    fn every_word_of_today_is_known_and_others_are_kept() {
        for (word, want, is_open) in [
            ("PENDING", SnapshotStatus::Pending, true),
            ("REQUIRES_ACTION", SnapshotStatus::Pending, true),
            ("AWAITING_CAPTURE", SnapshotStatus::Pending, false),
            ("SUCCEEDED", SnapshotStatus::Pending, false),
            ("EXPIRED", SnapshotStatus::Expired, false),
            ("CANCELED", SnapshotStatus::Canceled, false),
            ("VOIDED", SnapshotStatus::Canceled, false),
            ("FAILED", SnapshotStatus::Failed(FailureReason::from_code("")), false),
            ("UNKNOWN", SnapshotStatus::Unrecognised("UNKNOWN".to_owned()), false),
        ] {
            let request = read(&body(word, "", VA));
            assert_eq!((request.charge.status, request.is_open), (want, is_open), "{word}");
        }
    }

    #[test]
    fn a_list_is_searched_for_exactly_our_reference() {
        let list = format!(
            r#"{{"data":[{},{}],"has_more":false}}"#,
            body("PENDING", "", VA).replace("~a", "~b").replace("pr-1", "pr-2"),
            body("PENDING", "", VA)
        );
        assert_eq!(named(list.as_bytes(), "TRX-1~a").unwrap().unwrap().as_str(), "pr-1");
        assert_eq!(named(list.as_bytes(), "TRX-1").unwrap(), None);
        assert!(named(b"{}", "TRX-1~a").is_err());
    }

    #[test]
    fn without_an_id_a_status_or_a_readable_amount_it_is_of_no_use() {
        let good = body("PENDING", "", VA);
        for bad in [
            good.replace("\"pr-1\"", "7"),
            good.replace("33000", "\"33000\""),
            good.replace("\"PENDING\"", "null"),
            good.replace("\"payment_method\"", "\"other\""),
        ] {
            assert!(PaymentRequest::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
