//! Notifications: the state of a transaction, signed with the merchant's server key.

use super::state::State;
use super::view::{self, Saying, Standing};
use crate::config::MidtransMerchant;
use crate::faults::Lie;
use crate::ledger::Event;
use crate::webhooks::{Facts, Letter};

/// Minutes from one attempt to the next. The random shift of the real ones is left out; other pages have steps of one
/// minute (unconfirmed).
const RETRY_GAPS_MINUTES: [i64; 5] = [2, 10, 30, 90, 210];

/// The gaps that are left to a notification which was answered like this.
pub(crate) fn retry_gaps_minutes(answer: Option<u16>) -> &'static [i64] {
    let retries = match answer {
        Some(301..=303) => 0,
        Some(500) => 1,
        Some(400 | 404) => 2,
        Some(503) => 4,
        Some(_) | None => RETRY_GAPS_MINUTES.len(),
    };
    RETRY_GAPS_MINUTES.get(..retries).unwrap_or_default()
}

/// The notification about `facts`, as the merchant would get it.
pub(crate) fn letter(merchants: &[MidtransMerchant], facts: &Facts, lie: &Lie, bad_signature: bool) -> Letter {
    let main = MidtransMerchant::main();
    let merchant = merchants.iter().find(|merchant| merchant.name == facts.charge.account).unwrap_or(&main);
    let state = State::told(facts);
    let key = if bad_signature { format!("not-{}", merchant.server_key) } else { merchant.server_key.clone() };
    let standing = Standing {
        charge: &facts.charge,
        state,
        payment: facts.payment.as_ref(),
        refunds: facts.refunds.iter().collect(),
        last_confirmed: facts.event == Event::Refund,
    };
    let saying = Saying {
        code: state.code_when_told(),
        message: "midtrans payment notification",
        signed_with: Some(&key),
        links: None,
    };
    Letter {
        event: state.word(),
        headers: vec![("accept", "application/json".to_owned())],
        body: view::transaction(merchant, &standing, &saying, lie),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_decides_how_often_it_is_tried_again() {
        for (answer, retries) in [
            (Some(301), 0),
            (Some(303), 0),
            (Some(500), 1),
            (Some(400), 2),
            (Some(404), 2),
            (Some(503), 4),
            (Some(401), 5),
            (None, 5),
        ] {
            assert_eq!(retry_gaps_minutes(answer).len(), retries, "{answer:?}");
        }
    }
}
