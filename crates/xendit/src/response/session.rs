use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_outbound::json::Object;

use super::{Described, Unreadable, money, order_code, provider_ref};

/// How the ids of payment sessions begin, and of nothing else.
const ID_PREFIX: &str = "ps-";

/// A payment session as Xendit describes it: a page on which a customer may try more than once.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) charge: Described,
    /// The page.
    pub(crate) page_url: Option<String>,
    /// The request that was made on the page, once the customer paid.
    pub(crate) request: Option<ProviderRef>,
    /// The payment on it.
    pub(crate) payment: Option<ProviderRef>,
}

impl Session {
    /// Whether an id of ours is a session's.
    pub(crate) fn is_id(id: &ProviderRef) -> bool {
        id.as_str().starts_with(ID_PREFIX)
    }

    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let id = provider_ref(&object, "payment_session_id").filter(Self::is_id);
        let word = object.text("status").ok_or(Unreadable::Field("status"))?;
        Ok(Self {
            charge: Described {
                id: id.ok_or(Unreadable::Field("payment_session_id"))?,
                reference: object.text("reference_id"),
                order_code: order_code(&object),
                asked: money(&object, "amount", object.text("currency").as_deref())?,
                status: match word.as_str() {
                    // A customer whose card was declined may try again while the page is open.
                    "ACTIVE" | "COMPLETED" => SnapshotStatus::Pending,
                    "EXPIRED" => SnapshotStatus::Expired,
                    "CANCELED" => SnapshotStatus::Canceled,
                    unknown => SnapshotStatus::Unrecognised(unknown.to_owned()),
                },
                expires_at: object.time("expires_at"),
            },
            page_url: object.text("payment_link_url"),
            request: provider_ref(&object, "payment_request_id"),
            payment: provider_ref(&object, "payment_id"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str, more: &str) -> String {
        format!(
            r#"{{"payment_session_id":"ps-1","reference_id":"R","currency":"IDR","amount":150000,"status":"{status}","expires_at":"2026-01-01T00:30:00Z","payment_link_url":"https://page.example/x"{more}}}"#
        )
    }

    #[test]
    fn an_open_page_and_a_paid_one_both_wait_for_what_their_payments_say() {
        let open = Session::parse(body("ACTIVE", "").as_bytes()).unwrap();
        assert_eq!((open.charge.status, open.payment), (SnapshotStatus::Pending, None));
        assert_eq!(open.page_url.as_deref(), Some("https://page.example/x"));
        let paid = Session::parse(body("COMPLETED", r#","payment_request_id":"pr-1","payment_id":"py-1""#).as_bytes())
            .unwrap();
        assert_eq!(paid.charge.status, SnapshotStatus::Pending);
        assert_eq!((paid.request.unwrap().as_str(), paid.payment.unwrap().as_str()), ("pr-1", "py-1"));
    }

    #[test]
    fn a_page_that_is_over_says_so_and_another_word_concludes_nothing() {
        for (word, want) in [
            ("EXPIRED", SnapshotStatus::Expired),
            ("CANCELED", SnapshotStatus::Canceled),
            ("SOON", SnapshotStatus::Unrecognised("SOON".to_owned())),
        ] {
            assert_eq!(Session::parse(body(word, "").as_bytes()).unwrap().charge.status, want);
        }
    }

    #[test]
    fn what_has_the_id_of_something_else_is_no_session() {
        assert!(Session::parse(body("ACTIVE", "").replace("ps-1", "pr-1").as_bytes()).is_err());
    }
}
