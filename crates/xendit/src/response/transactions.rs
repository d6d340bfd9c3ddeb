use mstore_pay_domain::ports::{ArrivedMoney, ListedAs};
use mstore_pay_outbound::json::Object;

use super::{Unreadable, money, provider_ref, v3};

/// How a row says that it is a customer's payment, which came and stands.
const RECEIVED: (&str, &str) = ("PAYMENT", "SUCCESS");
/// Words for rows that are certainly no money that came. Any other row is a hint worth following.
const NO_MONEY: [&str; 4] = ["PENDING", "FAILED", "VOIDED", "REVERSED"];

/// One page of the list of transactions.
#[derive(Debug)]
pub(crate) struct TransactionPage {
    /// Those that tell of money.
    pub(crate) rows: Vec<ArrivedMoney>,
    pub(crate) has_more: bool,
    /// Rows that could not be read.
    pub(crate) unreadable: usize,
}

impl TransactionPage {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        if !object.has("data") {
            return Err(Unreadable::Field("data"));
        }
        let (mut rows, mut unreadable) = (Vec::new(), 0);
        for row in object.objects("data")? {
            if row.text("status").is_some_and(|word| NO_MONEY.contains(&word.as_str())) {
                continue;
            }
            match arrived(&row) {
                Ok(row) => rows.push(row),
                Err(_one_bad_row) => unreadable += 1,
            }
        }
        Ok(Self { rows, has_more: object.raw("has_more") == Some("true"), unreadable })
    }
}

fn arrived(row: &Object) -> Result<ArrivedMoney, Unreadable> {
    let updated_at = row.time("updated").ok_or(Unreadable::Field("updated"))?;
    Ok(ArrivedMoney {
        row_ref: provider_ref(row, "id").ok_or(Unreadable::Field("id"))?,
        // Of which object the id is for money that did not come through v3 is unconfirmed.
        payment_ref: provider_ref(row, "product_id").filter(v3::is_payment_id),
        charge_ref: row.object("product_data").and_then(|product| provider_ref(&product, "payment_request_id")),
        our_reference: row.text("reference_id"),
        money: money(row, "amount", row.text("currency").as_deref())?.ok_or(Unreadable::Field("amount"))?,
        listed_as: listed_as(row),
        created_at: row.time("created").unwrap_or(updated_at),
        updated_at,
    })
}

fn listed_as(row: &Object) -> ListedAs {
    let words = row.text("type").zip(row.text("status"));
    let is_received = words.is_some_and(|(kind, status)| (kind.as_str(), status.as_str()) == RECEIVED);
    if is_received { ListedAs::Received } else { ListedAs::Unclear }
}

#[cfg(test)]
mod tests {
    use mstore_pay_domain::ids::ProviderRef;

    use super::*;

    fn row(status: &str, amount: &str) -> String {
        format!(
            r#"{{"id":"txn-1","product_id":"py-1","status":"{status}","reference_id":"R","currency":"IDR","amount":{amount},"updated":"2026-01-01T00:00:00Z","product_data":{{"payment_request_id":"pr-1"}}}}"#
        )
    }

    #[test]
    fn a_row_names_its_charge_and_its_payment_apart_from_itself() {
        let page = format!(r#"{{"has_more":true,"data":[{}]}}"#, row("SUCCESS", "33000"));
        let page = TransactionPage::parse(page.as_bytes()).unwrap();
        let row = &page.rows[0];
        assert_eq!(row.row_ref.as_str(), "txn-1");
        assert_eq!(row.charge_ref.as_ref().unwrap().as_str(), "pr-1");
        assert_eq!(row.payment_ref.as_ref().unwrap().as_str(), "py-1");
        assert!(page.has_more);
    }

    #[track_caller]
    fn check(from: &str, to: &str, payment: Option<&str>, listed_as: ListedAs) {
        let row = row("SUCCESS", "33000").replace("{\"id\"", "{\"type\":\"PAYMENT\",\"id\"").replace(from, to);
        let page = TransactionPage::parse(format!(r#"{{"data":[{row}]}}"#).as_bytes()).unwrap();
        let told = page.rows[0].payment_ref.as_ref().map(ProviderRef::as_str);
        assert_eq!((told, page.rows[0].listed_as), (payment, listed_as), "{row}");
    }

    #[test]
    fn money_was_received_where_type_and_status_say_so_and_a_payment_is_known_by_its_id() {
        check("", "", Some("py-1"), ListedAs::Received);
        check("\"PAYMENT\"", "\"TRANSFER\"", Some("py-1"), ListedAs::Unclear);
        check("\"SUCCESS\"", "\"TOMORROW\"", Some("py-1"), ListedAs::Unclear);
        check("\"type\"", "\"kind\"", Some("py-1"), ListedAs::Unclear);
        check("py-1", "qrpy_1", None, ListedAs::Received);
    }

    #[test]
    fn rows_that_are_no_money_or_cannot_be_read_are_left_out() {
        let rows = [row("FAILED", "1"), row("SUCCESS", "\"1\""), row("TOMORROW", "1")].join(",");
        let page = TransactionPage::parse(format!(r#"{{"data":[{rows}]}}"#).as_bytes()).unwrap();
        assert_eq!((page.rows.len(), page.unreadable, page.has_more), (1, 1, false));
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for body in ["", "{}", r#"{"data":7}"#, "[]", r#"{"data":[7]}"#] {
            assert!(TransactionPage::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
