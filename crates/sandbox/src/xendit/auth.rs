use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use super::answer::Refusal;
use crate::config::XenditAccount;

/// The account a call is made for: that of the key, or the sub-account that `for-user-id` names under the main key.
pub(super) fn account<'a>(accounts: &'a [XenditAccount], request: &HttpRequest) -> Result<&'a XenditAccount, Refusal> {
    let key = basic_user(request).ok_or_else(Refusal::key)?;
    let owner = accounts
        .iter()
        .find(|account| bool::from(account.key.as_bytes().ct_eq(key.as_bytes())))
        .ok_or_else(Refusal::key)?;
    let Some(wanted) = header(request, "for-user-id") else {
        return Ok(owner);
    };
    if owner.business_id == wanted {
        return Ok(owner);
    }
    let is_main = accounts.first().is_some_and(|main| main == owner);
    accounts
        .iter()
        .find(|account| is_main && account.business_id == wanted)
        // Unconfirmed: the code a real platform gets for a business that is not one of its own.
        .ok_or_else(|| Refusal::new(403, "REQUEST_FORBIDDEN_ERROR", "The API key may not act for this for-user-id."))
}

/// A header as text; none if it is absent or not text.
pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn basic_user(request: &HttpRequest) -> Option<String> {
    let credentials = header(request, AUTHORIZATION.as_str())?;
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _password) = decoded.split_once(':')?;
    Some(user.to_owned())
}
