//! `/api/v1/accounts`: a merchant's own accounts at providers, looked after by its owner. Secrets go in and never come
//! out.

pub(super) mod add;
mod body;
pub(super) mod list;
pub(super) mod rotate;
pub(super) mod switch;

use actix_web::HttpRequest;
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::ids::{AccountId, ProviderId};

use super::fields::Fields;
use crate::account_host::UnfitSecret;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// The longest secret that is taken.
const SECRET_CHARS_MAX: usize = 512;

/// The account that the path names; one that could not be is not found.
fn named(request: &HttpRequest) -> Result<(ProviderId, AccountId), Problem> {
    let part = |name| request.match_info().get(name).unwrap_or_default();
    let provider = ProviderId::parse(part("provider")).ok();
    let id = AccountId::parse(part("account")).ok();
    provider.zip(id).ok_or_else(|| Problem::new(ErrorCode::NotFound))
}

/// A secret that came in.
fn secret(fields: &mut Fields<'_>, name: &str) -> Option<SharedSecret> {
    const NOT_ONE: (ErrorCode, &str) = (ErrorCode::InvalidField, "must be 1 to 512 visible ASCII characters");
    fields.parsed(name, NOT_ONE, |text| {
        let is_one = text.len() <= SECRET_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        SharedSecret::new(text).filter(|_| is_one).ok_or(())
    })
}

fn refuse(fields: &mut Fields<'_>, name: &str, unfit: UnfitSecret) {
    fields.refuse(ErrorCode::InvalidField, name, unfit.reason());
}
