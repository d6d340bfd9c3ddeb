use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ArrivedMoney, Endpoint, Operation, Period, ProviderError, Sweep};

use crate::client::Client;
use crate::request;
use crate::response::TransactionPage;

/// Pages of fifty rows read at most for each second that a listing may take: enough to come to an end of it, and no more
/// than the rate limit leaves of a minute.
const PAGES_PER_SECOND_MAX: u64 = 4;

/// Lists money that arrived. The list comes newest first, page by page; it is given on oldest first.
pub(super) async fn sweep(
    client: &Client,
    account: &ProviderAccount,
    period: Period,
    within: Duration,
) -> Result<Sweep, ProviderError> {
    let talk = client.talk(account, Operation::Sweep, within);
    let mut arrived: Vec<ArrivedMoney> = Vec::new();
    let mut after: Option<ProviderRef> = None;
    let mut complete = false;
    for _page in 0..within.as_secs().saturating_mul(PAGES_PER_SECOND_MAX).max(1) {
        let url = request::transactions::within(talk.base(), period, after.as_ref());
        let outcome = talk.get(url, Endpoint::Sweep).await;
        let reply = match outcome {
            // What was found is worth more than the error: the next sweep reads the rest.
            Err(_cut_short) if !arrived.is_empty() => break,
            outcome => outcome?,
        };
        let page = TransactionPage::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
        if page.unreadable > 0 {
            tracing::warn!(account = %account.id, rows = page.unreadable, "{} transactions unreadable", page.unreadable);
        }
        let last = page.rows.last().map(|row| row.row_ref.clone());
        arrived.extend(page.rows);
        if !page.has_more {
            complete = true;
            break;
        }
        // No row to go on from, or the same as before: another page would be this one again.
        if last.is_none() || last == after || talk.is_out_of_time() {
            break;
        }
        after = last;
    }
    arrived.retain(|row| period.holds(row.updated_at));
    // Turned round first, so that rows of one instant stay in the order they came.
    arrived.reverse();
    arrived.sort_by_key(|row| row.updated_at);
    Ok(Sweep { arrived, complete })
}
