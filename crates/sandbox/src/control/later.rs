//! What becomes of money after it came.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use serde::{Deserialize, Serialize};

use super::answer::{Refused, answer, read, safe};
use super::events::{WebhookWish, telling};
use super::select::Selector;
use crate::ledger::{Charge, Entry, Event, Payment, TakenBack};
use crate::midtrans;
use crate::money::forget_settlement;
use crate::provider::Provider;
use crate::sandbox::{Pen, Sandbox};

#[derive(Debug, Deserialize)]
struct LaterOptions {
    how: Option<TakenBack>,
    webhook: Option<WebhookWish>,
}

#[derive(Serialize)]
struct Changed {
    charge_id: String,
    reference: String,
}

/// `POST /_control/settle`: what a card paid is paid out now. Everything else is at once.
pub(super) async fn settle(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    let settled = change(&sandbox, &body, |pen, charge, options| {
        let now = sandbox.clock.now();
        if charge.provider == Provider::Xendit || midtrans::settled_later(charge, now).is_none() {
            return Ok(());
        }
        forget_settlement(pen, charge);
        pen.record(&Entry::Settled { charge_id: charge.id.clone(), at: now });
        sandbox.tell(pen, charge, Event::Settled, Some(&charge.id), telling(options.webhook), now);
        Ok(())
    });
    answer(settled.await)
}

/// `POST /_control/take-back`: `how` is `denied`, as Midtrans does minutes after a settlement, or `charged_back`.
pub(super) async fn take_back(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    let taken = change(&sandbox, &body, |pen, charge, options| {
        let how = options.how.ok_or_else(|| Refused::bad_request("how is denied or charged_back"))?;
        if charge.provider != Provider::Midtrans || !pen.payments_of(&charge.id).any(Payment::succeeded) {
            return Err(Refused::conflict("only money that came at Midtrans is taken back"));
        }
        let now = sandbox.clock.now();
        forget_settlement(pen, charge);
        pen.record(&Entry::TakenBack { charge_id: charge.id.clone(), how, at: now });
        // Told is what is on record by then.
        sandbox.tell(pen, charge, Event::TakenBack, Some(&charge.id), telling(options.webhook), now);
        Ok(())
    });
    answer(taken.await)
}

async fn change(
    sandbox: &Sandbox,
    body: &[u8],
    apply: impl FnOnce(&mut Pen<'_>, &Charge, &LaterOptions) -> Result<(), Refused>,
) -> Result<Changed, Refused> {
    let (selector, options): (Selector, LaterOptions) = (read(body)?, read(body)?);
    let (done, mark) = sandbox.with_books(|pen| {
        let charge = selector.find(pen)?;
        apply(pen, &charge, &options)?;
        Ok::<_, Refused>(charge)
    });
    let charge = done?;
    safe(sandbox, mark).await?;
    Ok(Changed { charge_id: charge.id, reference: charge.reference })
}
