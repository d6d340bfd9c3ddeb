use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::answer::{Refused, answer, read, safe};
use super::select::Selector;
use crate::amount::Amount;
use crate::ledger::{ChargeStatus, Entry, PaymentOutcome, SnapPage};
use crate::money::{Attempt, Telling, Unpayable};
use crate::sandbox::{Pen, Sandbox};

/// What an attempt fails with unless the caller says.
const FAILURE_CODE_DEFAULT: &str = "USER_DECLINED_PAYMENT";

/// The options of an event; the selector is read from the same bytes.
#[derive(Debug, Deserialize)]
struct EventOptions {
    amount: Option<Amount>,
    currency: Option<String>,
    webhook: Option<WebhookWish>,
    inquired_at: Option<DateTime<Utc>>,
    payer_name: Option<String>,
    issuer_name: Option<String>,
    failure_code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WebhookWish {
    /// It happens and nobody is told.
    Drop,
}

#[derive(Serialize)]
struct Attempted {
    payment_id: String,
    charge_id: String,
    reference: String,
    amount: Amount,
    currency: String,
    paid_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Expired {
    charge_id: String,
    reference: String,
}

/// `POST /_control/pay`
pub(super) async fn pay(sandbox: Data<Sandbox>, request: HttpRequest, body: Bytes) -> HttpResponse {
    answer(attempt(&sandbox, &request, &body, |_options| PaymentOutcome::Succeeded).await)
}

/// `POST /_control/fail`
pub(super) async fn fail(sandbox: Data<Sandbox>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let failed = |options: &EventOptions| PaymentOutcome::Failed {
        code: options.failure_code.clone().unwrap_or_else(|| FAILURE_CODE_DEFAULT.to_owned()),
    };
    answer(attempt(&sandbox, &request, &body, failed).await)
}

/// `POST /_control/expire`
pub(super) async fn expire(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    answer(expire_one(&sandbox, &body).await)
}

pub(super) fn telling(wish: Option<WebhookWish>) -> Telling {
    match wish {
        Some(WebhookWish::Drop) => Telling::Never,
        None => Telling::Planned,
    }
}

async fn attempt(
    sandbox: &Sandbox,
    request: &HttpRequest,
    body: &[u8],
    outcome: impl FnOnce(&EventOptions) -> PaymentOutcome,
) -> Result<Attempted, Refused> {
    let (selector, options): (Selector, EventOptions) = (read(body)?, read(body)?);
    let nothing = Amount::rupiah(0);
    if options.amount.as_ref().is_some_and(|amount| *amount <= nothing) {
        return Err(Refused::bad_request("an amount paid is above zero"));
    }
    let outcome = outcome(&options);
    let attempt = Attempt {
        outcome,
        amount: options.amount,
        currency: options.currency,
        inquired_at: options.inquired_at,
        payer_name: options.payer_name,
        issuer_name: options.issuer_name,
        telling: telling(options.webhook),
    };
    let now = sandbox.clock.now();
    let host = request.connection_info().host().to_owned();
    let (done, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let charge = selector.to_pay(sandbox, pen, &host, now)?;
        let (payment, _queued) = sandbox.attempt(pen, &charge, attempt, now).map_err(refused)?;
        Ok::<_, Refused>((charge, payment))
    });
    let (charge, payment) = done?;
    safe(sandbox, mark).await?;
    Ok(Attempted {
        payment_id: payment.id,
        charge_id: charge.id,
        reference: charge.reference,
        amount: payment.amount,
        currency: payment.currency,
        paid_at: payment.paid_at,
    })
}

fn refused(why: Unpayable) -> Refused {
    match why {
        Unpayable::Paid | Unpayable::Kept => Refused::conflict(why.to_string()),
        Unpayable::AmountNeeded => Refused::bad_request(why.to_string()),
    }
}

async fn expire_one(sandbox: &Sandbox, body: &[u8]) -> Result<Expired, Refused> {
    let (selector, options): (Selector, EventOptions) = (read(body)?, read(body)?);
    let now = sandbox.clock.now();
    let (done, mark) = sandbox.with_books(|pen| {
        let charge = match selector.find(pen) {
            Ok(charge) => charge,
            // Nobody picked on it, and nobody will.
            Err(unknown) => return selector.page(pen).cloned().map(|page| close(pen, page, now)).ok_or(unknown),
        };
        match charge.status {
            ChargeStatus::Open | ChargeStatus::Failed => {}
            ChargeStatus::Authorized | ChargeStatus::Paid | ChargeStatus::Canceled | ChargeStatus::Expired => {
                return Err(Refused::conflict("the charge is not open any more"));
            }
        }
        sandbox.expire(pen, &charge, telling(options.webhook), now);
        Ok(Expired { charge_id: charge.id, reference: charge.reference })
    });
    let expired = done?;
    safe(sandbox, mark).await?;
    Ok(expired)
}

fn close(pen: &mut Pen<'_>, page: SnapPage, at: DateTime<Utc>) -> Expired {
    pen.record(&Entry::PageCanceled { token: page.token.clone(), at });
    Expired { charge_id: page.token, reference: page.order_id }
}
