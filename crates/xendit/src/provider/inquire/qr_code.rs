use futures::future::join;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, ProviderError};

use super::snapshot;
use crate::client::Talk;
use crate::request;
use crate::response::{QrCode, Unreadable, v2};

/// A code and its payments, which it does not tell of itself.
pub(super) async fn ask(talk: &Talk<'_>, id: &ProviderRef) -> Result<ChargeSnapshot, ProviderError> {
    let (of_code, of_payments) = join(
        talk.get(request::qr_code::qr_code(talk.base(), id), Endpoint::Inquire),
        talk.get(request::qr_code::payments(talk.base(), id), Endpoint::Inquire),
    )
    .await;
    let reply = of_code?;
    let code = match QrCode::parse(&reply.body) {
        Ok(code) if &code.charge.id == id => code,
        Ok(_other) => return Err(talk.malformed(&reply, Unreadable::Mismatch("id"))),
        Err(why) => return Err(talk.malformed(&reply, why)),
    };
    let reply = of_payments?;
    let listed = v2::payments(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    // The list is the code's own; a row that names another code is no part of it.
    let its_own = listed.into_iter().filter(|payment| payment.made_on.as_ref().is_none_or(|code| code == id));
    let receipts = its_own.filter_map(|payment| payment.receipt).collect();
    Ok(snapshot(talk, code.charge, receipts, Vec::new()))
}
