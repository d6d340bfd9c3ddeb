use mstore_pay_domain::charge::RefundFact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Currency, Money};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;

use super::{Unreadable, provider_ref, rows};

/// A refund as Xendit describes it.
#[derive(Debug)]
pub(crate) struct Refund {
    pub(crate) id: ProviderRef,
    /// The payment request whose money it is.
    pub(crate) request: Option<ProviderRef>,
    /// The payment on it.
    pub(crate) payment: Option<ProviderRef>,
    /// The name that we gave it.
    pub(crate) reference: Option<String>,
    pub(crate) amount: Money,
    pub(crate) state: RefundState,
    at: Timestamp,
}

/// Where a refund stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RefundState {
    /// The money went back.
    Settled,
    /// It is on its way, or a word says so that we do not know.
    UnderWay,
    /// It does not go back, and why, where that is told.
    Failed(Option<String>),
}

impl Refund {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        Self::read(&Object::parse(body)?)
    }

    /// The refunds of a list.
    pub(crate) fn list(body: &[u8]) -> Result<Vec<Self>, Unreadable> {
        rows(body)?.iter().map(Self::read).collect()
    }

    fn read(object: &Object) -> Result<Self, Unreadable> {
        if object.text("currency").is_some_and(|currency| currency != Currency::Idr.code()) {
            return Err(Unreadable::Field("currency"));
        }
        let amount = object.money("amount").map_err(|_no_amount| Unreadable::Field("amount"))?;
        let status = object.text("status").ok_or(Unreadable::Field("status"))?;
        Ok(Self {
            id: provider_ref(object, "id").ok_or(Unreadable::Field("id"))?,
            request: provider_ref(object, "payment_request_id"),
            payment: provider_ref(object, "payment_id"),
            reference: object.text("reference_id"),
            amount: amount.ok_or(Unreadable::Field("amount"))?,
            state: match status.as_str() {
                "SUCCEEDED" => RefundState::Settled,
                "FAILED" | "CANCELLED" => RefundState::Failed(object.text("failure_code")),
                // PENDING, REQUIRES_ACTION, and what may come.
                _ => RefundState::UnderWay,
            },
            at: object.time("updated").or_else(|| object.time("created")).ok_or(Unreadable::Field("updated"))?,
        })
    }

    /// The money that went back.
    pub(crate) fn fact(self) -> Option<RefundFact> {
        match self.state {
            RefundState::Settled => Some(RefundFact { refund_ref: self.id, amount: self.amount, at: self.at }),
            RefundState::UnderWay | RefundState::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str, more: &str) -> String {
        format!(
            r#"{{"id":"rfd-1","payment_request_id":"pr-1","payment_id":"py-1","reference_id":"R","currency":"IDR","amount":500,"status":"{status}","created":"2026-01-01T00:00:00Z","updated":"2026-01-02T00:00:00Z"{more}}}"#
        )
    }

    #[track_caller]
    fn check(status: &str, more: &str, want: &RefundState) {
        assert_eq!(Refund::parse(body(status, more).as_bytes()).unwrap().state, *want, "{status}");
    }

    #[test]
    fn only_what_succeeded_went_back() {
        check("SUCCEEDED", "", &RefundState::Settled);
        check("CANCELLED", "", &RefundState::Failed(None));
        let code = "INSUFFICIENT_BALANCE".to_owned();
        check("FAILED", r#","failure_code":"INSUFFICIENT_BALANCE""#, &RefundState::Failed(Some(code)));
        for word in ["PENDING", "REQUIRES_ACTION", "SOON", "succeeded"] {
            check(word, "", &RefundState::UnderWay);
        }
        let fact = Refund::parse(body("SUCCEEDED", "").as_bytes()).unwrap().fact().unwrap();
        assert_eq!((fact.refund_ref.as_str(), fact.at.to_string().as_str()), ("rfd-1", "2026-01-02T00:00:00Z"));
    }

    #[test]
    fn a_list_is_read_row_by_row_and_another_currency_is_no_refund_of_ours() {
        let listed = format!(r#"{{"data":[{},{}],"has_more":false}}"#, body("SUCCEEDED", ""), body("PENDING", ""));
        assert_eq!(Refund::list(listed.as_bytes()).unwrap().len(), 2);
        assert!(Refund::parse(body("SUCCEEDED", "").replace("IDR", "PHP").as_bytes()).is_err());
    }
}
