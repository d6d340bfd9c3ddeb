use actix_web::HttpRequest;
use subtle::ConstantTimeEq as _;

use super::answer::Refusal;
use crate::config::XenditAccount;
use crate::headers::basic_user;

pub(super) use crate::headers::header;

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
