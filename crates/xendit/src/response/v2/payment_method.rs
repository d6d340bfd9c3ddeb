use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_outbound::json::Object;

use crate::response::{Unreadable, provider_ref};

/// Reads what came of closing a payment method: whether it, and no other, is closed.
pub(crate) fn is_closed(body: &[u8], asked: &ProviderRef) -> Result<bool, Unreadable> {
    let object = Object::parse(body)?;
    let id = provider_ref(&object, "id").ok_or(Unreadable::Field("id"))?;
    let word = object.text("status").ok_or(Unreadable::Field("status"))?;
    if &id == asked { Ok(word == "EXPIRED") } else { Err(Unreadable::Mismatch("id")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_method_is_closed_if_it_says_so_of_itself() {
        let asked = ProviderRef::parse("pm-1").unwrap();
        let body = r#"{"id":"pm-1","type":"VIRTUAL_ACCOUNT","status":"EXPIRED","failure_code":null}"#;
        assert!(is_closed(body.as_bytes(), &asked).unwrap());
        assert!(!is_closed(body.replace("EXPIRED", "ACTIVE").as_bytes(), &asked).unwrap());
        assert!(is_closed(body.replace("pm-1", "pm-2").as_bytes(), &asked).is_err());
        assert!(is_closed(b"{}", &asked).is_err());
    }
}
