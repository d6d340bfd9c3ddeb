use mstore_pay_outbound::json::Object;

use super::{CreateRequest, DESCRIPTION_CHARS_MAX, EXPIRES_IN_SECONDS, NAME_CHARS_MAX};
use crate::fuzzing::{tells_why, turned_round};
use crate::http::idempotency::fingerprint;
use crate::http::text;

pub(crate) fn create_body(data: &[u8]) {
    let Ok(object) = Object::parse(data) else { return };
    let Ok(body) = std::str::from_utf8(data) else { return };
    match CreateRequest::take(&object) {
        Ok(taken) => {
            within_limits(&taken);
            let turned = turned_round(body).unwrap_or_default();
            let again = Object::parse(turned.as_bytes()).ok().and_then(|object| CreateRequest::take(&object).ok());
            assert_eq!(again.map(|again| (again.amount, again.details)), Some((taken.amount.clone(), taken.details)));
            if serde_json_canonicalizer::pipe(body).is_ok() {
                let of = |body: &str| fingerprint("POST /", body, &taken.amount);
                assert_eq!(of(body), of(&turned));
            }
        }
        Err(problem) => {
            assert!(!problem.faults.is_empty());
            tells_why(&problem);
        }
    }
}

fn within_limits(taken: &CreateRequest) {
    assert!(taken.amount.clone().payable().is_ok());
    assert!(taken.expires_in.is_none_or(|time| EXPIRES_IN_SECONDS.contains(&time.as_secs())));
    let details = &taken.details;
    for (line, chars_max) in [(&details.customer_name, NAME_CHARS_MAX), (&details.description, DESCRIPTION_CHARS_MAX)] {
        let Some(line) = line else { continue };
        assert!(line.chars().count() <= chars_max && !line.chars().any(char::is_control), "{line:?}");
        assert!(!text::holds_card_number(line), "{line:?}");
    }
    let entries = || details.metadata.iter().flat_map(|(name, value)| [name, value]);
    assert!(entries().all(|text| !text::holds_card_number(text)), "{:?}", details.metadata);
    for url in details.success_url.iter().chain(&details.failure_url) {
        assert!(
            url.to_ascii_lowercase().starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic()),
            "{url:?}"
        );
    }
    assert!(details.customer_email.as_deref().is_none_or(text::is_email));
    let is_phone = |phone: &str| phone.starts_with("+628") && (11..=16).contains(&phone.len());
    assert!(details.customer_phone.as_deref().is_none_or(is_phone), "{:?}", details.customer_phone);
}
