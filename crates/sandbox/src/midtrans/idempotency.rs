//! A call with the key of an earlier one: within five minutes it gets the first answer again, whatever it asks for and
//! wherever. Only successes are kept.

use chrono::{DateTime, TimeDelta, Utc};

use super::answer::{Refusal, http_status};
use super::desk::Call;
use super::perform::Done;
use crate::faults::Reply;
use crate::ledger::{Answer, Entry};
use crate::sandbox::{Pen, Sandbox};

/// Characters of the longest key: a longer one is ignored.
const KEY_CHARS_MAX: usize = 46;
const KEPT_MINUTES: i64 = 5;
/// One space of keys for all endpoints.
const ANY_ENDPOINT: &str = "midtrans";

/// The key of a call, where it counts.
pub(super) fn key(header: Option<&str>) -> Option<&str> {
    // A client for Ruby sends the header empty.
    header.filter(|key| (1..=KEY_CHARS_MAX).contains(&key.chars().count()))
}

/// Holds the place of a call that is under way.
pub(super) struct UnderWay<'a> {
    sandbox: &'a Sandbox,
    place: Option<(String, String)>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            self.sandbox.under_way().remove(place);
        }
    }
}

/// Takes the place of the call's key, unless a call with the same key has it.
pub(super) fn begin<'a>(sandbox: &'a Sandbox, call: &Call<'_>) -> Result<UnderWay<'a>, Refusal> {
    let place = call.key.map(|key| (call.merchant.name.clone(), key.to_owned()));
    if let Some(place) = &place
        && !sandbox.under_way().insert(place.clone())
    {
        // Unconfirmed: the words.
        return Err(Refusal::new(202, "A request with the same idempotency key is being processed."));
    }
    Ok(UnderWay { sandbox, place })
}

/// Does `work` unless its key has been used; a failure uses up no key.
pub(super) fn once(
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    now: DateTime<Utc>,
    work: impl FnOnce(&mut Pen<'_>) -> Result<Done, Refusal>,
) -> Result<Done, Refusal> {
    let Some(key) = call.key else {
        return work(pen);
    };
    let kept = pen.answer(&call.merchant.name, ANY_ENDPOINT, key);
    if let Some(first) = kept.filter(|first| first.until.is_none_or(|until| now < until)) {
        let reply = Reply::new(http_status(first.status), first.body.clone());
        return Ok(Done { code: first.status, reply, truth: first.body.clone(), opened: None });
    }
    let done = work(pen)?;
    // What has expired as it was asked to has succeeded as well.
    if matches!(done.code, 200 | 201 | 407) {
        pen.record(&Entry::Answered(Box::new(Answer {
            account: call.merchant.name.clone(),
            endpoint: ANY_ENDPOINT.to_owned(),
            key: key.to_owned(),
            asked: String::new(),
            status: done.code,
            body: done.truth.clone(),
            until: Some(now + TimeDelta::minutes(KEPT_MINUTES)),
        })));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_if_it_is_there_and_not_too_long() {
        let longest = "k".repeat(46);
        for (header, counts) in [(None, false), (Some(""), false), (Some("k"), true), (Some(longest.as_str()), true)] {
            assert_eq!(key(header).is_some(), counts, "{header:?}");
        }
        assert_eq!(key(Some(&"k".repeat(47))), None);
    }
}
