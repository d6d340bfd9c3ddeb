use mstore_pay_domain::offline::Reported;
use mstore_pay_outbound::json::Object;

use super::{ITEMS_MAX, Sent, SyncRequest};
use crate::fuzzing::{tells_why, turned_round};
use crate::http::offline::item;

pub(crate) fn sync_batch(data: &[u8]) {
    let Ok(object) = Object::parse(data) else { return };
    match SyncRequest::take(&object, None) {
        Ok(batch) => {
            assert!(batch.items.len() <= ITEMS_MAX);
            let till = Some(&batch.device);
            let again = SyncRequest::take(&object, till).map(|again| again.items.len());
            assert_eq!(again.ok(), Some(batch.items.len()));
            batch.items.iter().for_each(taken_or_told);
        }
        Err(problem) => tells_why(&problem),
    }
}

fn taken_or_told(sent: &Sent) {
    let item = match &sent.item {
        Ok(item) => item,
        Err(problem) => return tells_why(problem),
    };
    assert_eq!(sent.reference.as_deref(), Some(item.reference.as_str()));
    assert!(sent.offline_id.is_some());
    let amount = match &item.reported {
        Reported::Sale(sale) => Some(&sale.grand_total),
        Reported::Payment(payment) => Some(&payment.amount),
        Reported::Void(_) => None,
    };
    assert!(amount.is_none_or(|amount| amount.clone().payable().is_ok()));
    // Sent again with its members turned round it is the same thing, and not a change of it.
    let turned = turned_round(&item.body_json).and_then(|turned| serde_json::value::RawValue::from_string(turned).ok());
    let again = turned.and_then(|turned| item::take(sent.kind, &turned).item.ok());
    assert_eq!(again.as_ref().map(|again| &again.reported), Some(&item.reported));
    if serde_json_canonicalizer::pipe(&item.body_json).is_ok() {
        assert_eq!(again.map(|again| again.fingerprint), Some(item.fingerprint));
    }
}
