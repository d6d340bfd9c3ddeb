use actix_web::HttpRequest;
use subtle::ConstantTimeEq as _;

use super::answer::Refusal;
use crate::config::MidtransMerchant;
use crate::headers::basic_user;

/// The merchant whose server key is the user of Basic authentication.
pub(super) fn merchant<'a>(
    merchants: &'a [MidtransMerchant],
    request: &HttpRequest,
) -> Result<&'a MidtransMerchant, Refusal> {
    let key = basic_user(request).ok_or_else(Refusal::key)?;
    merchants.iter().find(|merchant| same(&merchant.server_key, &key)).ok_or_else(Refusal::key)
}

/// The merchant whose client key a page sends along.
pub(super) fn merchant_of_client<'a>(
    merchants: &'a [MidtransMerchant],
    client_key: Option<&str>,
) -> Result<&'a MidtransMerchant, Refusal> {
    let key = client_key.ok_or_else(Refusal::key)?;
    merchants.iter().find(|merchant| same(&merchant.client_key, key)).ok_or_else(Refusal::key)
}

fn same(known: &str, given: &str) -> bool {
    known.as_bytes().ct_eq(given.as_bytes()).into()
}
