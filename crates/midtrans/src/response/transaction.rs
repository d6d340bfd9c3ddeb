use mstore_pay_domain::charge::{Artefact, FailureReason, Payer, Receipt};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;

use super::{Refunds, Unreadable, decimal, fee, is_settled, moved_at, order_code, provider_ref, shop_amount, time};
use crate::channels::Shown;

/// The code of money that came.
const SUCCESS: &str = "200";

/// Where a transaction stands, in Midtrans' words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits for money, or for the shop's word on money that is set aside.
    Open,
    /// The money is the shop's.
    Paid,
    /// The money was, and went back to the customer, all of it or a part.
    Refunded,
    /// The bank, or the check for fraud, said no: before money moved or, rarely, minutes after.
    Denied(FailureReason),
    /// The customer's bank took the money back.
    ChargedBack,
    /// The customer's bank took a part of the money back. How much, nothing tells (unconfirmed): the money stands, and
    /// the word is put on record for a person.
    PartlyChargedBack(String),
    Canceled,
    Expired,
    /// A word of tomorrow, or money under a code that is not money's.
    Unrecognised(String),
}

impl Standing {
    /// Reads `transaction_status`, in either case, beside `status_code` and what the check for fraud says.
    ///
    /// What was captured is paid only once the check has accepted it; where it says nothing there was none. Of money
    /// the state alone is nobody's word: a notification signs the code in its place.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let word = object.text("transaction_status")?;
        let fraud = object.text("fraud_status");
        let is_accepted = fraud.as_deref().is_none_or(|fraud| fraud.eq_ignore_ascii_case("accept"));
        let code = decimal(object, "status_code").unwrap_or_else(|| "none".to_owned());
        Some(match word.to_ascii_lowercase().as_str() {
            "pending" | "authorize" => Self::Open,
            "capture" | "settlement" if !is_accepted => Self::Open,
            "capture" | "settlement" | "refund" | "partial_refund" if code != SUCCESS => {
                Self::Unrecognised(format!("{word} under {code}"))
            }
            "capture" | "settlement" => Self::Paid,
            "refund" | "partial_refund" => Self::Refunded,
            "chargeback" => Self::ChargedBack,
            "partial_chargeback" => Self::PartlyChargedBack(word),
            "deny" | "failure" => Self::Denied(reason(object, fraud.as_deref())),
            "cancel" => Self::Canceled,
            "expire" => Self::Expired,
            _ => Self::Unrecognised(word),
        })
    }

    /// Whether money came, or may have: then it matters when.
    const fn is_of_money(&self) -> bool {
        match self {
            Self::Paid | Self::Refunded | Self::ChargedBack | Self::PartlyChargedBack(_) | Self::Denied(_) => true,
            Self::Open | Self::Canceled | Self::Expired | Self::Unrecognised(_) => false,
        }
    }

    /// The same, money aside.
    fn status(&self) -> SnapshotStatus {
        match self {
            Self::Open | Self::Paid | Self::Refunded | Self::ChargedBack => SnapshotStatus::Pending,
            Self::Denied(reason) => SnapshotStatus::Failed(reason.clone()),
            Self::Canceled => SnapshotStatus::Canceled,
            Self::Expired => SnapshotStatus::Expired,
            Self::PartlyChargedBack(word) | Self::Unrecognised(word) => SnapshotStatus::Unrecognised(word.clone()),
        }
    }
}

fn reason(object: &Object, fraud: Option<&str>) -> FailureReason {
    if fraud == Some("deny") {
        return FailureReason::from_code("FRAUD_DENIED");
    }
    match object.text("channel_response_code") {
        Some(code) => FailureReason::from_code(&format!("DENIED_{code}")),
        None => FailureReason::from_code("DENIED"),
    }
}

/// A transaction as Midtrans describes it: the charge and the money on it in one, under one id.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) id: ProviderRef,
    pub(crate) reference: String,
    pub(crate) order_code: Option<String>,
    pub(crate) payment_type: String,
    pub(crate) asked: ReportedMoney,
    pub(crate) status: SnapshotStatus,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refunds: Refunds,
    standing: Standing,
    moved_at: Option<Timestamp>,
    is_settled: bool,
    fee: Option<Money>,
    issuer: Option<String>,
    qr_string: Option<String>,
    va_number: Option<String>,
    bill: Option<(String, String)>,
    deeplink: Option<String>,
    page: Option<String>,
}

impl Transaction {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let standing = Standing::of(&object).ok_or(Unreadable::Field("transaction_status"))?;
        let numbers = object.objects("va_numbers")?;
        let actions = object.objects("actions")?;
        let deeplink = actions.iter().find(|action| action.text("name").as_deref() == Some("deeplink-redirect"));
        Ok(Self {
            id: provider_ref(&object, "transaction_id").ok_or(Unreadable::Field("transaction_id"))?,
            reference: object.text("order_id").ok_or(Unreadable::Field("order_id"))?,
            order_code: order_code(&object),
            payment_type: object.text("payment_type").ok_or(Unreadable::Field("payment_type"))?,
            asked: shop_amount(&object).ok_or(Unreadable::Field("gross_amount"))?,
            status: standing.status(),
            // One sample of the documents spells it otherwise.
            expires_at: time(&object, "expiry_time").or_else(|| time(&object, "expire_time")),
            refunds: Refunds::of(&object),
            moved_at: if standing.is_of_money() { Some(moved_at(&object)?) } else { moved_at(&object).ok() },
            standing,
            is_settled: is_settled(&object),
            fee: fee(&object),
            issuer: object.text("issuer").or_else(|| object.text("bank")),
            qr_string: object.text("qr_string"),
            va_number: numbers.first().and_then(|number| number.text("va_number")),
            bill: object.text("biller_code").zip(object.text("bill_key")),
            deeplink: deeplink.and_then(|action| action.text("url")),
            page: object.text("redirect_url"),
        })
    }

    /// What the customer is shown.
    pub(crate) fn artefact(&self, shown: Shown) -> Result<Artefact, Unreadable> {
        match shown {
            Shown::QrString => {
                let qr_string = self.qr_string.clone().ok_or(Unreadable::Field("qr_string"))?;
                Ok(Artefact::Qr { qr_string })
            }
            Shown::AccountNumber { code, .. } => {
                let va_number = self.va_number.clone().ok_or(Unreadable::Field("va_numbers"))?;
                Ok(Artefact::VirtualAccount { bank_code: code.to_owned(), va_number })
            }
            Shown::Bill => {
                let (biller_code, bill_key) = self.bill.clone().ok_or(Unreadable::Field("bill_key"))?;
                Ok(Artefact::Bill { biller_code, bill_key })
            }
            Shown::Deeplink => {
                let deeplink_url = Some(self.deeplink.clone().ok_or(Unreadable::Field("actions"))?);
                Ok(Artefact::Link { checkout_url: None, deeplink_url })
            }
            // Whether a bank asks its card's holder is its own affair: the card may have been charged at once.
            Shown::Page => Ok(self
                .page
                .clone()
                .map_or(Artefact::Push, |page| Artefact::Link { checkout_url: Some(page), deeplink_url: None })),
            Shown::Push => Ok(Artefact::Push),
        }
    }

    /// The money, if it came, whatever became of it later.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        let came = match self.standing {
            Standing::Paid | Standing::Refunded | Standing::ChargedBack | Standing::PartlyChargedBack(_) => true,
            Standing::Denied(_) => self.is_settled,
            Standing::Open | Standing::Canceled | Standing::Expired | Standing::Unrecognised(_) => false,
        };
        let paid_at = self.moved_at.filter(|_| came)?;
        let payer = Payer::told(self.issuer.clone(), None, None);
        Some(Receipt { payment_ref: self.id.clone(), money: self.asked.clone(), paid_at, payer })
    }

    /// The fee that came beside the money, if it came and there was one.
    pub(crate) fn fee_borne(&self) -> Option<(ProviderRef, Money)> {
        let receipt = self.receipt()?;
        self.fee.clone().map(|fee| (receipt.payment_ref, fee))
    }

    /// Money that came and was taken back. That a denied payment was one that had come, its own settlement tells, or
    /// that `was_paid`; that a cancelled one was captured before, only that. When it was taken back, nothing tells
    /// (unconfirmed).
    ///
    /// # Errors
    /// [`Unreadable`] if money that had come was cancelled, and nothing says when it moved: that it is back must not be
    /// left out for that.
    pub(crate) fn reversal(&self, was_paid: bool) -> Result<Option<(ProviderRef, Timestamp)>, Unreadable> {
        let is_back = match self.standing {
            Standing::ChargedBack => true,
            Standing::Denied(_) => self.is_settled || was_paid,
            // A card that was captured can be voided until it is settled.
            Standing::Canceled => was_paid,
            Standing::Open
            | Standing::Paid
            | Standing::Refunded
            | Standing::PartlyChargedBack(_)
            | Standing::Expired
            | Standing::Unrecognised(_) => false,
        };
        if !is_back {
            return Ok(None);
        }
        let at = self.moved_at.ok_or(Unreadable::Field("transaction_time"))?;
        Ok(Some((self.id.clone(), at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(state: &str, more: &str) -> String {
        format!(
            r#"{{"status_code":"200","transaction_id":"t-1","order_id":"TRX-1~a","gross_amount":"33000.00","currency":"IDR","payment_type":"qris","transaction_time":"2025-12-22 22:22:10","transaction_status":"{state}","custom_field1":"TRX-1"{more}}}"#
        )
    }

    fn parsed(state: &str, more: &str) -> Transaction {
        Transaction::parse(body(state, more).as_bytes()).unwrap()
    }

    #[test]
    fn a_transaction_tells_its_names_its_amount_and_its_end() {
        let told = parsed("pending", r#","expiry_time":"2025-12-23 22:22:10","qr_string":"0002","tomorrow":{}"#);
        assert_eq!((told.id.as_str(), told.reference.as_str()), ("t-1", "TRX-1~a"));
        assert_eq!(told.order_code.as_deref(), Some("TRX-1"));
        assert!(told.asked.fits(&33_000.into()));
        assert_eq!(told.expires_at, Timestamp::parse_rfc3339("2025-12-23T15:22:10Z"));
        assert_eq!(told.artefact(Shown::QrString).unwrap(), Artefact::Qr { qr_string: "0002".to_owned() });
        assert!(told.artefact(Shown::Bill).is_err());
        assert_eq!(told.status, SnapshotStatus::Pending);
    }

    #[track_caller]
    fn check_money(state: &str, more: &str, came: bool) {
        let receipt = parsed(state, more).receipt();
        assert_eq!(receipt.is_some(), came, "{state} {more}");
    }

    #[test]
    fn money_came_if_it_was_settled_or_captured_and_no_check_holds_it() {
        check_money("settlement", "", true);
        check_money("SETTLEMENT", r#","fraud_status":"accept""#, true);
        check_money("capture", r#","fraud_status":"accept""#, true);
        check_money("capture", r#","fraud_status":"challenge""#, false);
        check_money("partial_refund", "", true);
        check_money("refund", "", true);
        for state in ["pending", "authorize", "cancel", "expire", "deny", "tomorrow"] {
            check_money(state, "", false);
        }
    }

    #[test]
    fn money_is_dated_by_its_settlement_but_on_a_card_by_its_charge() {
        let settled = r#","settlement_time":"2025-12-22 22:22:47""#;
        let paid_at = |told: Transaction| told.receipt().unwrap().paid_at.to_string();
        assert_eq!(paid_at(parsed("settlement", settled)), "2025-12-22T15:22:47Z");
        let card = body("settlement", settled).replace("qris", "credit_card");
        assert_eq!(paid_at(Transaction::parse(card.as_bytes()).unwrap()), "2025-12-22T15:22:10Z");
    }

    #[track_caller]
    fn check_paid_at(written: &str, want: Option<&str>) {
        let body = body("settlement", &format!(r#","settlement_time":"{written}""#));
        let receipt = Transaction::parse(body.as_bytes()).ok().and_then(|told| told.receipt());
        assert_eq!(receipt.map(|receipt| receipt.paid_at.to_string()).as_deref(), want, "{written}");
    }

    #[test]
    fn times_are_those_of_western_indonesia_whatever_day_that_makes_them_elsewhere() {
        // Midnight, and seven hours later that of UTC.
        check_paid_at("2025-12-22 00:00:00", Some("2025-12-21T17:00:00Z"));
        check_paid_at("2025-12-22 06:59:59", Some("2025-12-21T23:59:59Z"));
        check_paid_at("2025-12-22 07:00:00", Some("2025-12-22T00:00:00Z"));
        check_paid_at("2025-12-22 23:59:59", Some("2025-12-22T16:59:59Z"));
        // The end of a year.
        check_paid_at("2025-12-31 23:59:59", Some("2025-12-31T16:59:59Z"));
        check_paid_at("2026-01-01 00:00:00", Some("2025-12-31T17:00:00Z"));
        check_paid_at("2026-01-01 06:59:59", Some("2025-12-31T23:59:59Z"));
        check_paid_at("2026-01-01 07:00:00", Some("2026-01-01T00:00:00Z"));
        // A day that is not in every year.
        check_paid_at("2028-02-29 00:00:00", Some("2028-02-28T17:00:00Z"));
        check_paid_at("2028-02-29 23:59:59", Some("2028-02-29T16:59:59Z"));
        check_paid_at("2028-03-01 00:00:00", Some("2028-02-29T17:00:00Z"));
        check_paid_at("2027-03-01 00:00:00", Some("2027-02-28T17:00:00Z"));
        for none in ["2027-02-29 12:00:00", "2025-12-22 24:00:00", "2025-12-22T22:22:47"] {
            check_paid_at(none, None);
        }
    }

    #[test]
    fn money_under_a_code_that_is_not_moneys_is_put_on_record_and_no_receipt() {
        for code in ["\"201\"", "\"202\"", "\"407\"", "201", "null"] {
            for state in ["settlement", "capture", "refund", "partial_refund"] {
                let body = body(state, "").replace("\"200\"", code);
                let told = Transaction::parse(body.as_bytes()).unwrap();
                assert_eq!(told.receipt(), None, "{body}");
                assert!(matches!(told.status, SnapshotStatus::Unrecognised(_)), "{body}");
            }
        }
        let number = body("settlement", "").replace("\"200\"", "200");
        assert!(Transaction::parse(number.as_bytes()).unwrap().receipt().is_some());
    }

    #[track_caller]
    fn check_time(body: &str, is_readable: bool) {
        assert_eq!(Transaction::parse(body.as_bytes()).is_ok(), is_readable, "{body}");
    }

    #[test]
    fn money_whose_time_cannot_be_read_is_unreadable_and_what_is_none_needs_no_time() {
        for odd in ["\"soon\"", "\"\"", "7"] {
            let settled = format!(r#","settlement_time":{odd}"#);
            check_time(&body("settlement", &settled), false);
            check_time(&body("deny", &settled), false);
            check_time(&body("pending", &settled), true);
            let undated = |state| body(state, "").replace("\"2025-12-22 22:22:10\"", odd);
            check_time(&undated("settlement"), false);
            check_time(&undated("expire"), true);
        }
        assert!(parsed("settlement", r#","settlement_time":null"#).receipt().is_some());
    }

    #[test]
    fn a_fee_on_top_is_not_the_shops_money() {
        let fee = r#","metadata":{"extra_info":{"gross_amount_info":{"original_amount":"32500.00","gross_amount":"33000.00","customer_imposed_payment_fee":"500.00"}}}"#;
        let told = parsed("settlement", fee);
        let money = told.receipt().unwrap().money;
        assert!(money.fits(&32_500.into()), "{money:?}");
        assert_eq!(told.fee_borne().map(|(_, fee)| fee), Some(500.into()));
        assert_eq!(parsed("pending", fee).fee_borne(), None, "nothing came");
        assert_eq!(parsed("settlement", "").fee_borne(), None);
        let none = parsed("settlement", r#","metadata":{"extra_info":{"gross_amount_info":{}}}"#);
        assert!(none.receipt().unwrap().money.fits(&33_000.into()), "where no fee is told the amount is the shop's");
    }

    #[test]
    fn the_app_is_opened_by_the_link_that_is_meant_for_it_wherever_it_stands() {
        let actions = r#","actions":[{"name":"generate-qr-code","url":"https://a/qr"},{"name":"deeplink-redirect","url":"https://a/app"},{"name":"cancel","url":"https://a/cancel"}]"#;
        assert_eq!(parsed("pending", actions).deeplink.as_deref(), Some("https://a/app"));
    }

    #[test]
    fn a_deny_takes_back_only_what_had_come() {
        let is_back = |told: &Transaction, was_paid| told.reversal(was_paid).unwrap().is_some();
        assert!(!is_back(&parsed("deny", ""), false));
        assert!(is_back(&parsed("deny", ""), true));
        let settled = parsed("deny", r#","settlement_time":"2025-12-22 22:22:47""#);
        assert!(settled.receipt().is_some() && is_back(&settled, false));
        assert!(is_back(&parsed("chargeback", ""), false));
        assert!(!is_back(&parsed("settlement", ""), true));
    }

    #[test]
    fn a_cancel_takes_back_only_what_had_come_and_then_has_to_say_when_that_was() {
        let (id, at) = parsed("cancel", "").reversal(true).unwrap().unwrap();
        assert_eq!((id.as_str(), at.to_string().as_str()), ("t-1", "2025-12-22T15:22:10Z"));
        assert_eq!(parsed("cancel", "").reversal(false).unwrap(), None);
        assert_eq!(parsed("expire", "").reversal(true).unwrap(), None);
        let undated = body("cancel", "").replace("transaction_time", "no_time");
        let undated = Transaction::parse(undated.as_bytes()).unwrap();
        assert_eq!(undated.reversal(false).unwrap(), None, "of what nobody paid it matters to nobody");
        assert!(undated.reversal(true).is_err());
    }

    #[test]
    fn a_part_charged_back_does_not_take_back_the_whole_and_is_put_on_record() {
        let told = parsed("partial_chargeback", "");
        assert!(told.receipt().is_some());
        assert_eq!(told.reversal(true).unwrap(), None);
        assert_eq!(told.status, SnapshotStatus::Unrecognised("partial_chargeback".to_owned()));
    }

    #[test]
    fn a_refund_that_cannot_be_read_hides_no_receipt() {
        for refunds in [r#","refunds":[{"bank_confirmed_at":"soon"}]"#, r#","refunds":7"#] {
            let told = parsed("partial_refund", refunds);
            assert!(told.receipt().is_some(), "{refunds}");
            assert_eq!((told.refunds.confirmed.len(), told.refunds.unread.len()), (0, 1), "{refunds}");
        }
    }

    #[test]
    fn what_is_no_transaction_is_an_error_and_another_word_is_none() {
        assert_eq!(parsed("soon", "").status, SnapshotStatus::Unrecognised("soon".to_owned()));
        let good = body("pending", "");
        for bad in [
            good.replace("\"t-1\"", "7"),
            good.replace("33000.00", "abc"),
            good.replace("\"pending\"", "null"),
            good.replace("order_id", "no_id"),
        ] {
            assert!(Transaction::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
