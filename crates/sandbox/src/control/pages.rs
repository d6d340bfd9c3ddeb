use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::answer::{Refused, answer, safe};
use crate::amount::Amount;
use crate::ledger::SnapPage;
use crate::midtrans;
use crate::provider::Provider;
use crate::sandbox::Sandbox;

/// A page on which a customer picks how to pay, as test programmes read it.
#[derive(Serialize)]
struct PageRow {
    provider: Provider,
    account: String,
    token: String,
    reference: String,
    order_code: Option<String>,
    amount: Amount,
    offers: Vec<String>,
    /// Whether a customer may still pick.
    open: bool,
    /// The charge that was picked last.
    picked: Option<String>,
    made_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
}

/// `GET /_control/pages`, oldest first.
pub(super) async fn list(sandbox: Data<Sandbox>) -> HttpResponse {
    answer(rows(&sandbox).await)
}

async fn rows(sandbox: &Sandbox) -> Result<Vec<PageRow>, Refused> {
    let now = sandbox.clock.now();
    let (mut rows, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let row = |page: &SnapPage| PageRow {
            provider: Provider::Midtrans,
            account: page.account.clone(),
            token: page.token.clone(),
            reference: page.order_id.clone(),
            order_code: page.order_code(),
            amount: page.amount.clone(),
            offers: page.offers.clone(),
            open: page.is_open(now),
            picked: midtrans::picked(pen, page).map(|charge| charge.id.clone()),
            made_at: page.made_at,
            closes_at: page.closes_at,
        };
        pen.pages().map(row).collect::<Vec<_>>()
    });
    safe(sandbox, mark).await?;
    rows.sort_by_key(|row| row.made_at);
    Ok(rows)
}
