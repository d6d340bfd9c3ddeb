use mstore_pay_domain::charge::RefundFact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Money;
use mstore_pay_outbound::json::Object;

use super::{Unreadable, decimal, provider_ref, time};

/// A refund as it was answered.
#[derive(Debug)]
pub(crate) struct Refunded {
    pub(crate) id: ProviderRef,
    /// The name that we gave it.
    pub(crate) key: String,
}

impl Refunded {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        Ok(Self {
            id: provider_ref(&object, "transaction_id").ok_or(Unreadable::Field("transaction_id"))?,
            key: object.text("refund_key").ok_or(Unreadable::Field("refund_key"))?,
        })
    }
}

/// The refunds that a transaction lists. The set is read anew each time, by its keys: amounts are never added up over
/// answers, for pages disagree on which of them are cumulative.
#[derive(Debug, Default)]
pub(crate) struct Refunds {
    /// Those that the bank has confirmed: the others are only asked for.
    pub(crate) confirmed: Vec<RefundFact>,
    /// The names of fields that cannot be read. What came is what came, whatever is wrong with what went back.
    pub(crate) unread: Vec<String>,
}

impl Refunds {
    pub(crate) fn of(object: &Object) -> Self {
        let mut told = Self::default();
        let Ok(rows) = object.objects("refunds") else {
            told.unread.push("refunds".to_owned());
            return told;
        };
        for (nth, row) in rows.iter().enumerate() {
            match fact(row) {
                Ok(confirmed) => told.confirmed.extend(confirmed),
                Err(field) => told.unread.push(format!("refunds[{nth}].{field}")),
            }
        }
        told
    }
}

/// What a row tells of money that went back; the field's name where it cannot be read.
fn fact(refund: &Object) -> Result<Option<RefundFact>, &'static str> {
    if refund.raw("bank_confirmed_at").is_none() {
        return Ok(None);
    }
    let name = provider_ref(refund, "refund_key");
    let number = || ProviderRef::parse(refund.raw("refund_chargeback_id")?).ok();
    let amount = decimal(refund, "refund_amount").and_then(|text| Money::parse(&text).ok());
    Ok(Some(RefundFact {
        refund_ref: name.or_else(number).ok_or("refund_key")?,
        amount: amount.ok_or("refund_amount")?,
        at: time(refund, "bank_confirmed_at").ok_or("bank_confirmed_at")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIRMED: &str = r#""bank_confirmed_at":"2025-12-22 23:02:00""#;

    /// Reads rows; the names and amounts of what went back, and what cannot be read.
    #[track_caller]
    fn check(rows: &str, confirmed: &[(&str, u32)], unread: &[&str]) {
        let told = Refunds::of(&Object::parse(format!(r#"{{"refunds":{rows}}}"#).as_bytes()).unwrap());
        let want: Vec<_> = confirmed.iter().map(|(name, amount)| (*name, Money::from(*amount))).collect();
        let facts: Vec<_> = told.confirmed.iter().map(|fact| (fact.refund_ref.as_str(), fact.amount.clone())).collect();
        assert_eq!(
            (facts, told.unread.iter().map(String::as_str).collect::<Vec<_>>()),
            (want, unread.to_vec()),
            "{rows}"
        );
    }

    #[test]
    fn a_refund_is_known_by_its_key_or_else_by_its_number() {
        let rows = format!(
            r#"[{{"refund_key":"R1","refund_amount":"5000.00",{CONFIRMED}}},{{"refund_chargeback_id":2,"refund_amount":"7000.00",{CONFIRMED}}}]"#
        );
        check(&rows, &[("R1", 5_000), ("2", 7_000)], &[]);
    }

    #[test]
    fn a_refund_went_back_once_the_bank_has_confirmed_it() {
        let asked = r#""refund_key":"R1","refund_amount":"5000.00","created_at":"2025-12-22 23:00:00""#;
        check(&format!("[{{{asked}}}]"), &[], &[]);
        check(&format!(r#"[{{{asked},"bank_confirmed_at":null}}]"#), &[], &[]);
        check(&format!("[{{{asked},{CONFIRMED}}}]"), &[("R1", 5_000)], &[]);
        let row = Object::parse(format!("{{{asked},{CONFIRMED}}}").as_bytes()).unwrap();
        let at = fact(&row).unwrap().unwrap().at;
        assert_eq!(at.to_string(), "2025-12-22T16:02:00Z");
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_and_hides_no_other() {
        let good = format!(r#"{{"refund_key":"R1","refund_amount":"5000.00",{CONFIRMED}}}"#);
        for (bad, field) in [
            (format!(r#"{{"refund_amount":"5000.00",{CONFIRMED}}}"#), "refunds[0].refund_key"),
            (good.replace("5000.00", "abc"), "refunds[0].refund_amount"),
            (good.replace("2025-12-22 23:02:00", "soon"), "refunds[0].bank_confirmed_at"),
        ] {
            check(&format!("[{bad},{good}]"), &[("R1", 5_000)], &[field]);
        }
        check("[7]", &[], &["refunds"]);
        check("{}", &[], &["refunds"]);
    }
}
