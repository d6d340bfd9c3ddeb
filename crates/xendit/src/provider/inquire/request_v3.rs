use std::collections::BTreeSet;

use futures::future::{join, join_all};
use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, ProviderError, ProviderErrorKind, Query};

use super::find::rows_of;
use super::refunds::gone_back;
use super::snapshot;
use crate::client::Talk;
use crate::request;
use crate::response::{Payment, Unreadable, v3};

/// A payment request of v3 and each payment on it that is known of.
pub(super) async fn ask(talk: &Talk<'_>, id: &ProviderRef, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let reply = talk.get(request::v3::payment_request(talk.base(), id), Endpoint::Inquire).await?;
    let request = match v3::PaymentRequest::parse(&reply.body) {
        Ok(request) if &request.charge.id == id => request,
        Ok(_other) => return Err(talk.malformed(&reply, Unreadable::Mismatch("payment_request_id"))),
        Err(why) => return Err(talk.malformed(&reply, why)),
    };
    let is_its_own = |payment: &Payment| payment.made_on.as_ref() == Some(id);
    let latest = request.latest_payment.as_ref();
    let receipts = receipts_where(talk, query, latest, request.may_hold_money(), is_its_own).await?;
    let refunds = gone_back(talk, query, Some(id)).await?;
    Ok(snapshot(talk, request.charge, receipts, refunds))
}

/// The money on a charge, from every payment known of: those heard of, the latest it names, and, where it may
/// hold money, those listed under our reference, because of several payments it names only the last.
pub(super) async fn receipts_where(
    talk: &Talk<'_>,
    query: &Query,
    latest: Option<&ProviderRef>,
    may_hold_money: bool,
    is_its_own: impl Fn(&Payment) -> bool + Send,
) -> Result<Vec<Receipt>, ProviderError> {
    let known: BTreeSet<ProviderRef> = query.payment_refs.iter().chain(latest).cloned().collect();
    let listed = async { if may_hold_money { listed_payments(talk, query).await } else { BTreeSet::new() } };
    let (mut outcomes, listed) = join(payments(talk, known.iter()), listed).await;
    outcomes.extend(payments(talk, listed.difference(&known)).await);

    let (mut receipts, mut failure) = (Vec::new(), None);
    for outcome in outcomes {
        match outcome {
            Ok(Some(payment)) if is_its_own(&payment) => receipts.extend(payment.receipt),
            // Heard of in connection with this charge, but not its own, or not there at all.
            Ok(Some(_) | None) => {}
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        // Money that was seen is not held back by a payment that could not be.
        Some(error) if receipts.is_empty() => Err(error),
        Some(_) | None => Ok(receipts),
    }
}

async fn payments(
    talk: &Talk<'_>,
    refs: impl Iterator<Item = &ProviderRef>,
) -> Vec<Result<Option<Payment>, ProviderError>> {
    join_all(refs.map(|payment_ref| payment_named(talk, payment_ref))).await
}

/// A payment; `None` if there is no such thing, as with a hint that somebody made up.
pub(super) async fn payment_named(talk: &Talk<'_>, id: &ProviderRef) -> Result<Option<Payment>, ProviderError> {
    match talk.get(request::v3::payment(talk.base(), id), Endpoint::Payment).await {
        Ok(reply) => v3::payment(&reply.body).map(Some).map_err(|why| talk.malformed(&reply, why)),
        Err(error) if error.kind == ProviderErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Payments listed under our reference. The list is late, and a key may not be allowed to read it: what it
/// does not tell, the next check finds.
async fn listed_payments(talk: &Talk<'_>, query: &Query) -> BTreeSet<ProviderRef> {
    match rows_of(talk, query).await {
        Ok(page) => page.rows.into_iter().filter_map(|row| row.payment_ref).collect(),
        Err(error) => {
            tracing::debug!(reference = %query.our_reference, %error, "no list of payments under {}", query.our_reference);
            BTreeSet::new()
        }
    }
}
