use mstore_pay_domain::charge::RefundFact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{Endpoint, ProviderError, ProviderErrorKind, Query};
use mstore_pay_outbound::Reply;

use crate::client::Talk;
use crate::request;
use crate::response::Refund;

/// Money of a payment request that went back, if any ever came.
pub(super) async fn gone_back(
    talk: &Talk<'_>,
    query: &Query,
    request: Option<&ProviderRef>,
) -> Result<Vec<RefundFact>, ProviderError> {
    let Some(request) = request.filter(|_| query.was_paid) else { return Ok(Vec::new()) };
    match refunds_of(talk, request).await {
        Ok((_, listed)) => Ok(listed.into_iter().filter_map(Refund::fact).collect()),
        // What asking again does not mend must not keep back the money that came.
        Err(error) if is_lasting(&error.kind) => {
            tracing::debug!(request = %request, %error, "no list of refunds of {request}");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Whether the list will not come however often it is asked for. A key that may not read refunds makes none either.
fn is_lasting(kind: &ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Unauthorized
            | ProviderErrorKind::NotFound
            | ProviderErrorKind::Unsupported
            | ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::Declined
            | ProviderErrorKind::Malformed
    )
}

/// The refunds of a payment request, and the answer that lists them.
pub(in crate::provider) async fn refunds_of(
    talk: &Talk<'_>,
    request: &ProviderRef,
) -> Result<(Reply, Vec<Refund>), ProviderError> {
    let reply = talk.get(request::refunds::of(talk.base(), request), Endpoint::Refund).await?;
    let listed = Refund::list(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    // That the list keeps to one request is unconfirmed.
    let its_own = listed.into_iter().filter(|refund| refund.request.as_ref() == Some(request)).collect();
    Ok((reply, its_own))
}
