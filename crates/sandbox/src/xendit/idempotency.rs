//! A repeated call with the key of an earlier one: the same body gets the first answer again, another is refused.
//!
//! How long a key is kept is stated for no API of payments (unconfirmed): here for ever.

use super::answer::Refusal;
use super::body::without_blanks;
use super::desk::Call;
use super::perform::Done;
use crate::faults::Reply;
use crate::ledger::{Answer, Entry};
use crate::sandbox::Pen;

/// Does `work` unless its key has been used; a failure uses up no key.
pub(super) fn once(
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    work: impl FnOnce(&mut Pen<'_>) -> Result<Done, Refusal>,
) -> Result<Done, Refusal> {
    let Some(key) = call.idempotency_key.filter(|_| call.route.idempotency_header().is_some()) else {
        return work(pen);
    };
    let asked = without_blanks(&String::from_utf8_lossy(call.body));
    if let Some(first) = pen.answer(&call.account.name, call.route.endpoint(), key) {
        if first.asked != asked {
            return Err(Refusal::new(409, "IDEMPOTENCY_ERROR", "The idempotency key was used with another body."));
        }
        let reply = Reply::new(first.status, first.body.clone());
        return Ok(Done { reply, truth: first.body.clone(), opened: None });
    }
    let done = work(pen)?;
    pen.record(&Entry::Answered(Box::new(Answer {
        account: call.account.name.clone(),
        endpoint: call.route.endpoint().to_owned(),
        key: key.to_owned(),
        asked,
        status: done.reply.status,
        body: done.truth.clone(),
        until: None,
    })));
    Ok(done)
}
