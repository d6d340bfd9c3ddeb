//! One thing that a till reports, taken apart.

use std::collections::BTreeMap;

use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::ids::{BranchId, OrderCode};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::offline::{
    OfflineItem, OfflineKind, OfflinePayment, OfflineReference, OfflineSale, OfflineTender, OfflineVoid, Reported,
    SaleState,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::http::cards::{refuse_card_data, refuse_card_data_within};
use crate::http::fields::Fields;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

const REASON_CHARS_MAX: usize = 500;
const METHOD_CHARS_MAX: usize = 64;
const RECEIPT_CHARS_MAX: usize = 64;
pub(super) const NAMED_CHARS_MAX: usize = 128;
/// What tills call cash.
const CASH: &str = "cash";
/// What a till keeps of its own dealings with us beside a thing: it may change from try to try, and the thing has not.
const OF_THE_TILL: [&str; 7] =
    ["offline_id", "device_id", "server_id", "sync_status", "sync_attempts", "sync_error", "last_sync_at"];

/// One thing as it was sent.
pub(super) struct Sent {
    /// The till's own id, or one made of its reference; none where it has neither.
    pub(super) offline_id: Option<Uuid>,
    /// The till's name for it, as it was sent.
    pub(super) reference: Option<String>,
    pub(super) kind: OfflineKind,
    /// The thing, or all that is wrong with it.
    pub(super) item: Result<OfflineItem, Problem>,
}

/// Takes one thing apart. What is wrong with it is wrong with no other.
pub(super) fn take(kind: OfflineKind, sent: &RawValue) -> Sent {
    take_unless(kind, sent, refuse_card_data_within)
}

/// The same of one that was kept: what is looked for at the door only has been looked for, or it could not be resolved.
pub(super) fn take_again(kind: OfflineKind, kept: &RawValue) -> Sent {
    take_unless(kind, kept, refuse_card_data)
}

fn take_unless(kind: OfflineKind, sent: &RawValue, refuse: impl Fn(&Object, &mut Fields<'_>)) -> Sent {
    let Ok(object) = Object::parse(sent.get().as_bytes()) else {
        let faulty = Problem::field("", "must be an object");
        return Sent { offline_id: None, reference: None, kind, item: Err(faulty) };
    };
    let mut fields = Fields::of(&object);
    refuse(&object, &mut fields);
    let reference = reference(&mut fields);
    let not_an_id = (ErrorCode::InvalidField, "must be a UUID");
    let own_id = fields.parsed("offline_id", not_an_id, |text| Uuid::try_parse(&text));
    let created_at_device = time(&mut fields, "created_at_device");
    let reported = match kind {
        OfflineKind::Transaction => sale(&mut fields, reference.as_ref()).map(Reported::Sale),
        OfflineKind::Payment => payment(&mut fields).map(Reported::Payment),
        OfflineKind::Void => void(&mut fields).map(Reported::Void),
    };
    let taken = reference.clone().zip(created_at_device).zip(reported).map(|((reference, at), reported)| OfflineItem {
        reference,
        created_at_device: at,
        fingerprint: fingerprint(kind, &reported, sent.get()),
        body_json: sent.get().to_owned(),
        reported,
    });
    let derived = reference.as_ref().map(|reference| derived_id(kind, reference));
    Sent {
        offline_id: own_id.or(derived),
        reference: reference.map(|reference| reference.to_string()),
        kind,
        item: fields.finish(taken),
    }
}

/// An id that the same reference always gets (RFC 9562, version 8).
fn derived_id(kind: OfflineKind, reference: &OfflineReference) -> Uuid {
    let digest = Digest::of(format!("{}\n{reference}", kind.word()).as_bytes());
    let bytes = digest.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The digest of a thing: what was understood of it, exactly, and its whole content in RFC 8785 form but for what the
/// till keeps of its own.
fn fingerprint(kind: OfflineKind, reported: &Reported, sent: &str) -> Digest {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(sent).unwrap_or_default();
    members.retain(|name, _| !OF_THE_TILL.contains(&name.as_str()));
    let own = serde_json::to_string(&members).unwrap_or_default();
    // What has no such form, a number beyond all floats for one, stands for itself.
    let canonical = serde_json_canonicalizer::pipe(&own).unwrap_or(own);
    // Amounts are put in as they were read: RFC 8785 writes numbers as binary floats would hold them.
    let amount = match reported {
        Reported::Sale(sale) => sale.grand_total.to_string(),
        Reported::Payment(payment) => payment.amount.to_string(),
        Reported::Void(_) => String::new(),
    };
    Digest::of(format!("{}\n{amount}\n{canonical}", kind.word()).as_bytes())
}

fn reference(fields: &mut Fields<'_>) -> Option<OfflineReference> {
    let text = fields.required_text("offline_reference")?;
    let reference = OfflineReference::parse(&text);
    let reason = "must be DEVICE-YYYYMMDD-SEQ, the sequence 1 to 16 of A-Z a-z 0-9";
    reference.map_err(|_refused| fields.refuse(ErrorCode::InvalidField, "offline_reference", reason)).ok()
}

fn time(fields: &mut Fields<'_>, name: &str) -> Option<Timestamp> {
    let text = fields.required_text(name)?;
    let time = Timestamp::parse_rfc3339(&text);
    if time.is_none() {
        fields.refuse(ErrorCode::InvalidField, name, "must be a time in RFC 3339");
    }
    time
}

fn order_code(fields: &mut Fields<'_>, name: &str) -> Option<OrderCode> {
    let text = fields.required_text(name)?;
    let reason = "must be 1 to 50 of A-Z a-z 0-9 . _ ~ -";
    OrderCode::parse(text).map_err(|_refused| fields.refuse(ErrorCode::InvalidOrderCode, name, reason)).ok()
}

fn sale(fields: &mut Fields<'_>, reference: Option<&OfflineReference>) -> Option<OfflineSale> {
    // A till that could not ask for a code has its own reference.
    let own = reference.and_then(|reference| OrderCode::parse(reference.as_str()).ok());
    let code = if fields.is_there("transaction_code") { None } else { own };
    let code = code.or_else(|| order_code(fields, "transaction_code"));
    let grand_total = fields.amount("grand_total");
    let not_a_branch = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let branch = fields.parsed("branch_code", not_a_branch, BranchId::parse);
    let payment_method = fields.line("payment_method", METHOD_CHARS_MAX);
    let state = sale_state(fields, payment_method.as_deref());
    let ((code, grand_total), state) = code.zip(grand_total).zip(state)?;
    Some(OfflineSale { code, branch, grand_total, payment_method, state })
}

/// What a till says of money in `status` or `payment_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// It is still to come.
    Open,
    Expired,
    /// It did not come.
    Failed,
    Came,
    CalledOff,
}

impl Said {
    /// What a till's word means: those for orders, and those that MStore keeps of a payment.
    fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "draft" | "pending" | "pending_payment" => Some(Self::Open),
            "expired" => Some(Self::Expired),
            "failed" | "canceled" | "cancelled" => Some(Self::Failed),
            "paid" | "success" | "synced" => Some(Self::Came),
            "void" | "voided" => Some(Self::CalledOff),
            _unknown => None,
        }
    }
}

/// What a till says in that field, if it does.
fn said(fields: &mut Fields<'_>, name: &str) -> Option<Said> {
    let said = fields.text(name).map(|word| Said::parse(&word));
    if said == Some(None) {
        fields.refuse(ErrorCode::InvalidField, name, "must be pending, paid, failed, expired, canceled or void");
    }
    said.flatten()
}

/// Where a sale stands, as the till says in `status` or `payment_status`.
fn sale_state(fields: &mut Fields<'_>, payment_method: Option<&str>) -> Option<SaleState> {
    let (status, payment_status) = (said(fields, "status"), said(fields, "payment_status"));
    let came = [status, payment_status].contains(&Some(Said::Came));
    if came && [status, payment_status].iter().flatten().any(|said| matches!(said, Said::Failed | Said::Expired)) {
        fields.refuse(ErrorCode::InvalidField, "payment_status", "contradicts status");
        return None;
    }
    match status.max(payment_status).unwrap_or(Said::Open) {
        Said::Open => return Some(SaleState::Open),
        Said::Expired => return Some(SaleState::Expired),
        Said::Failed => return Some(SaleState::Failed),
        Said::CalledOff => return Some(SaleState::CalledOff),
        Said::Came => {}
    }
    match payment_method.map(str::to_ascii_lowercase) {
        Some(method) if method == CASH => Some(SaleState::PaidInCash),
        Some(method) => match method.parse() {
            Ok(method) => Some(SaleState::PaidBy(method)),
            Err(_unknown) => {
                fields.refuse(ErrorCode::MethodUnsupported, "payment_method", "is not known");
                None
            }
        },
        None => {
            fields.refuse(ErrorCode::InvalidField, "payment_method", "is required of a paid sale");
            None
        }
    }
}

fn payment(fields: &mut Fields<'_>) -> Option<OfflinePayment> {
    let code = order_code(fields, "order_code");
    let method = fields.required_text("method");
    let amount = fields.amount("amount");
    let currency = fields.required_text("currency");
    if currency.as_deref().is_some_and(|currency| currency != Currency::Idr.code()) {
        fields.refuse(ErrorCode::CurrencyUnsupported, "currency", "must be IDR");
    }
    let named = fields.line("reference_id", NAMED_CHARS_MAX);
    let receipt_id = fields.line("receipt_id", RECEIPT_CHARS_MAX);
    let came_to_nothing = matches!(said(fields, "status"), Some(Said::Failed | Said::Expired | Said::CalledOff));
    let tender = match method?.to_ascii_lowercase().as_str() {
        CASH if came_to_nothing => Some(OfflineTender::Nothing { named }),
        CASH => Some(OfflineTender::Cash),
        text => match text.parse::<Method>() {
            Ok(_) if came_to_nothing => Some(OfflineTender::Nothing { named }),
            Ok(method) => Some(OfflineTender::Unproven { method, named, receipt_id }),
            Err(_unknown) => {
                fields.refuse(ErrorCode::MethodUnsupported, "method", "is not known");
                None
            }
        },
    };
    let ((order_code, amount), tender) = code.zip(amount).zip(tender)?;
    Some(OfflinePayment { order_code, amount, tender })
}

fn void(fields: &mut Fields<'_>) -> Option<OfflineVoid> {
    let code = order_code(fields, "transaction_code");
    let reason = fields.line("reason", REASON_CHARS_MAX);
    Some(OfflineVoid { order_code: code?, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(kind: OfflineKind, json: &str) -> Sent {
        take(kind, &RawValue::from_string(json.to_owned()).unwrap())
    }

    const PAYMENT: &str = r#"{"offline_reference":"T-20251013-1","order_code":"TRX-1","method":"qris","amount":33000,
        "currency":"IDR","created_at_device":"2025-10-13T10:30:00Z"}"#;

    #[track_caller]
    fn check(change: (&str, &str), want: &str) {
        let refused = sent(OfflineKind::Payment, &PAYMENT.replacen(change.0, change.1, 1)).item.unwrap_err();
        assert_eq!(refused.code.code(), want, "{change:?}");
    }

    #[test]
    fn a_payment_is_taken_apart_or_told_all_that_is_wrong() {
        assert!(sent(OfflineKind::Payment, PAYMENT).item.is_ok());
        check(("T-20251013-1", "T-1"), "invalid_field");
        check(("T-20251013-1", "../../x"), "invalid_field");
        check(("\"qris\"", "\"nope\""), "method_unsupported");
        check(("33000", "\"33000\""), "invalid_field");
        check(("33000", "-1"), "invalid_field");
        check(("33000", "33000.5"), "amount_not_whole");
        check(("IDR", "USD"), "currency_unsupported");
        check(("TRX-1", "a b"), "invalid_order_code");
        check(("2025-10-13T10:30:00Z", "x"), "invalid_field");
        check(("{", "{\"note\":\"4111 1111 1111 1111\","), "card_data_not_accepted");
        for json in ["null", "1", "\"x\"", "[]"] {
            assert!(sent(OfflineKind::Payment, json).item.is_err(), "{json}");
        }
    }

    #[test]
    fn a_payment_is_by_the_method_in_whatever_letters_unless_it_came_to_nothing() {
        let tender = |change: &str| {
            let item = sent(OfflineKind::Payment, &PAYMENT.replacen("\"qris\"", change, 1)).item.unwrap();
            match item.reported {
                Reported::Payment(payment) => payment.tender,
                Reported::Sale(_) | Reported::Void(_) => unreachable!(),
            }
        };
        let named = Some("qr_1".to_owned());
        assert_eq!(tender("\"CASH\""), OfflineTender::Cash);
        let unproven = OfflineTender::Unproven { method: Method::Qris, named: None, receipt_id: None };
        assert_eq!(tender("\"QRIS\",\"status\":\"success\""), unproven);
        assert_eq!(tender("\"cash\",\"status\":\"failed\""), OfflineTender::Nothing { named: None });
        for word in ["failed", "expired", "canceled"] {
            let said = format!("\"QRIS\",\"reference_id\":\"qr_1\",\"status\":\"{word}\"");
            assert_eq!(tender(&said), OfflineTender::Nothing { named: named.clone() }, "{word}");
        }
        check(("\"qris\"", "\"qris\",\"status\":\"gone\""), "invalid_field");
        check(("\"qris\"", "\"nope\",\"status\":\"failed\""), "method_unsupported");
    }

    #[test]
    fn what_a_till_notes_of_its_own_changes_nothing() {
        let of = |json: &str| sent(OfflineKind::Payment, json).item.unwrap().fingerprint;
        let noted = PAYMENT.replacen('{', "{\"sync_status\":\"failed\",\"sync_attempts\":3, ", 1);
        assert_eq!(of(&noted), of(PAYMENT));
        assert_eq!(of(&PAYMENT.replacen("33000", "33000.0", 1)), of(PAYMENT));
        assert_ne!(of(&PAYMENT.replacen("33000", "34000", 1)), of(PAYMENT));
        assert_ne!(of(&PAYMENT.replacen('{', "{\"receipt_id\":\"1\", ", 1)), of(PAYMENT));
    }

    #[test]
    fn a_sale_stands_where_the_till_says_but_only_cash_is_believed() {
        let state = |more: &str| {
            let json = format!(
                r#"{{"offline_reference":"T-20251013-1","grand_total":33000,{more}"created_at_device":"2025-10-13T10:30:00Z"}}"#
            );
            sent(OfflineKind::Transaction, &json).item.map(|item| match item.reported {
                Reported::Sale(sale) => (sale.code.to_string(), sale.state),
                Reported::Payment(_) | Reported::Void(_) => unreachable!(),
            })
        };
        let of = |state| ("T-20251013-1".to_owned(), state);
        assert_eq!(state("").unwrap(), of(SaleState::Open));
        let paid = r#""status":"paid","payment_status":"paid","#;
        assert_eq!(state(&format!(r#"{paid}"payment_method":"CASH","#)).unwrap(), of(SaleState::PaidInCash));
        assert_eq!(state(&format!(r#"{paid}"payment_method":"QRIS","#)).unwrap(), of(SaleState::PaidBy(Method::Qris)));
        assert_eq!(state(r#""status":"void","#).unwrap(), of(SaleState::CalledOff));
        assert_eq!(state(r#""status":"failed","payment_method":"qris","#).unwrap(), of(SaleState::Failed));
        assert_eq!(state(r#""payment_status":"canceled","#).unwrap(), of(SaleState::Failed));
        assert_eq!(state(r#""status":"pending","payment_status":"expired","#).unwrap(), of(SaleState::Expired));
        let success = r#""status":"success","payment_method":"qris","#;
        assert_eq!(state(success).unwrap(), of(SaleState::PaidBy(Method::Qris)));
        let contradiction = r#""status":"paid","payment_status":"failed","payment_method":"cash","#;
        assert_eq!(state(contradiction).unwrap_err().code.code(), "invalid_field");
        assert_eq!(state(paid).unwrap_err().code.code(), "invalid_field");
        assert_eq!(state(r#""status":"gone","#).unwrap_err().code.code(), "invalid_field");
    }
}
